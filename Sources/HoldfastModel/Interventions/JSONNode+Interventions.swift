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

  /// The error for a member that nobody reads.
  func unknownMember(_ advice: String) -> HoldfastError {
    HoldfastError(.invalidArgument, "\(document): \(path) is not known; check its spelling (\(advice))")
  }
}
