public import HoldfastTensor

/// A JSON value together with where it stands, so that whatever is wrong with it can be said precisely:
/// `config.json: .rope_scaling.factor must be a number, and is a string`.
public struct JSONNode: Sendable {
  /// The value.
  public let json: JSON
  /// The document, for messages: usually a path, or a path and a line.
  public let document: String
  private let place: Place?

  private indirect enum Place: Sendable {
    case key(ByteString, of: Place?)
    case index(Int, of: Place?)
  }

  /// Makes the root of a document that is called `document` in messages.
  public init(_ json: JSON, document: String) {
    self.init(json, document, nil)
  }

  private init(_ json: JSON, _ document: String, _ place: Place?) {
    self.json = json
    self.document = document
    self.place = place
  }

  /// The path from the root, such as `.model.vocab[3]`.
  public var path: String {
    var parts: [String] = []
    var next = place
    while let part = next {
      switch part {
      case .key(let key, let parent):
        parts.append(".\(key)")
        next = parent
      case .index(let index, let parent):
        parts.append("[\(index)]")
        next = parent
      }
    }
    return parts.reversed().joined()
  }

  /// The error that says what this value must be.
  public func mismatch(_ wanted: String) -> HoldfastError {
    let subject = place == nil ? "the document" : path
    return HoldfastError(.corruptData, "\(document): \(subject) must be \(wanted), and is \(json.kind)")
  }

  /// The error that says what is wrong with this value.
  public func wrong(_ message: String) -> HoldfastError {
    HoldfastError(.corruptData, "\(document): \(place == nil ? "" : path + " ")\(message)")
  }

  /// The member with this key; throws when there is none.
  public func member(_ key: ByteString) throws(HoldfastError) -> JSONNode {
    guard case .object = json else { throw mismatch("an object") }
    guard let value = json[key] else {
      throw HoldfastError(.corruptData, "\(document): \(path).\(key) is missing")
    }
    return JSONNode(value, document, .key(key, of: place))
  }

  /// The member with this key, or `nil` when there is none or it is `null`.
  public func optional(_ key: ByteString) throws(HoldfastError) -> JSONNode? {
    guard case .object = json else { throw mismatch("an object") }
    guard let value = json[key], !value.isNull else { return nil }
    return JSONNode(value, document, .key(key, of: place))
  }

  /// The elements of an array.
  public func elements() throws(HoldfastError) -> [JSONNode] {
    guard case .array(let elements) = json else { throw mismatch("an array") }
    return elements.enumerated().map { JSONNode($0.element, document, .index($0.offset, of: place)) }
  }

  /// The members of an object, in order.
  public func members() throws(HoldfastError) -> [(key: ByteString, value: JSONNode)] {
    guard case .object(let members) = json else { throw mismatch("an object") }
    return members.map { ($0.key, JSONNode($0.value, document, .key($0.key, of: place))) }
  }
}

extension JSONNode {
  /// The value of `true` or `false`.
  public func bool() throws(HoldfastError) -> Bool {
    guard let value = json.boolValue else { throw mismatch("true or false") }
    return value
  }

  /// An integer.
  public func int() throws(HoldfastError) -> Int {
    guard let value = json.intValue else { throw mismatch("an integer") }
    return value
  }

  /// An integer within a range.
  public func int(in range: ClosedRange<Int>) throws(HoldfastError) -> Int {
    let value = try int()
    guard range.contains(value) else {
      throw wrong("must lie in \(range.lowerBound)...\(range.upperBound), and is \(value)")
    }
    return value
  }

  /// A token id or another integer of 32 bits.
  public func int32() throws(HoldfastError) -> Int32 {
    guard let value = Int32(exactly: try int()) else { throw wrong("does not fit 32 bits") }
    return value
  }

  /// Any number.
  public func double() throws(HoldfastError) -> Double {
    guard let value = json.doubleValue else { throw mismatch("a number") }
    return value
  }

  /// The bytes of a string.
  public func string() throws(HoldfastError) -> ByteString {
    guard let value = json.stringValue else { throw mismatch("a string") }
    return value
  }

  /// A string as text.
  public func text() throws(HoldfastError) -> String { try string().text }

  /// One of an enumeration's texts.
  public func option<Option: RawRepresentable & CaseIterable>() throws(HoldfastError) -> Option
  where Option.RawValue == String {
    let text = try text()
    guard let option = Option(rawValue: text) else {
      let known = Option.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw wrong("is '\(text)'; it must be one of \(known)")
    }
    return option
  }

  /// A seed: a whole number of 64 bits, above 2^63 as a text.
  public func seed() throws(HoldfastError) -> UInt64 {
    if let number = json.intValue, let seed = UInt64(exactly: number) { return seed }
    if let text = json.textValue, let seed = UInt64(text) { return seed }
    throw mismatch("a whole number from 0 on that fits 64 bits")
  }
}
