/// Loose access: `nil` when a value is not there or is something else. `JSONNode` has the strict kind.
extension JSON {
  /// The last member of an object with this key.
  public subscript(key: ByteString) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  /// The element of an array at this place.
  public subscript(index: Int) -> JSON? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// Whether this is `null`.
  public var isNull: Bool { if case .null = self { true } else { false } }

  /// The value of `true` or `false`.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// An integer, also one written as `3.0`.
  public var intValue: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// Any number.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The bytes of a string.
  public var stringValue: ByteString? { if case .string(let value) = self { value } else { nil } }

  /// A string as text.
  public var textValue: String? { stringValue?.text }

  /// The elements of an array.
  public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }

  /// The members of an object.
  public var objectValue: [(key: ByteString, value: JSON)]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The members of an object by key, for many look-ups in a large one.
  public var index: [ByteString: JSON]? {
    guard case .object(let members) = self else { return nil }
    return Dictionary(members.map { ($0.key, $0.value) }) { _, last in last }
  }

  /// The same object with one member replaced, or added at the end.
  public mutating func set(_ key: ByteString, _ value: JSON) {
    guard case .object(var members) = self else {
      self = .object([(key, value)])
      return
    }
    self = .null
    if let place = members.lastIndex(where: { $0.key == key }) {
      members[place].value = value
    } else {
      members.append((key, value))
    }
    self = .object(members)
  }
}
