import HoldfastStorage
import HoldfastTensor

extension JSONNode {
  /// What a body makes of every element.
  func list<Element>(_ body: (JSONNode) throws(HoldfastError) -> Element) throws(HoldfastError) -> [Element] {
    try elements().map { element throws(HoldfastError) in try body(element) }
  }

  /// A list of whole numbers.
  func integers() throws(HoldfastError) -> [Int] {
    try list { number throws(HoldfastError) in try number.int() }
  }

  /// A list of numbers, to the nearest float32.
  func floats() throws(HoldfastError) -> [Float] {
    try list { number throws(HoldfastError) in Float(try number.double()) }
  }

  /// One of an enumeration's words.
  func choice<Option: RawRepresentable & CaseIterable>() throws(HoldfastError) -> Option
  where Option.RawValue == String {
    let word = try text()
    guard let option = Option(rawValue: word) else {
      let known = Option.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw wrong("is '\(word)'; it must be one of \(known)")
    }
    return option
  }

  /// A seed: a whole number of 64 bits, above 2^63 as a text.
  func seedValue() throws(HoldfastError) -> UInt64 {
    if let number = json.intValue, let seed = UInt64(exactly: number) { return seed }
    if let text = json.textValue, let seed = UInt64(text) { return seed }
    throw mismatch("a whole number from 0 on that fits 64 bits")
  }

  /// The error for a member that nobody reads.
  func unknownMember(_ advice: String) -> HoldfastError {
    HoldfastError(.invalidArgument, "\(document): \(path) is not known; check its spelling (\(advice))")
  }
}
