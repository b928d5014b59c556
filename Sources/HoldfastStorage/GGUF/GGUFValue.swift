/// A value of a GGUF file's metadata; the widths of integers and floats are not kept.
public enum GGUFValue: Sendable, Equatable {
  /// Any integer that fits a signed 64-bit one.
  case integer(Int64)
  /// An unsigned integer that does not.
  case unsigned(UInt64)
  /// A float32 or float64.
  case number(Double)
  /// A boolean.
  case bool(Bool)
  /// A string; UTF-8 as the format demands, but not checked.
  case string(ByteString)
  /// An array of integers.
  case integers([Int64])
  /// An array of floats.
  case numbers([Double])
  /// An array of strings.
  case strings([ByteString])
  /// An array of booleans, or of arrays.
  case array([GGUFValue])

  /// What the value is, for messages.
  public var kind: String {
    switch self {
    case .integer, .unsigned: "an integer"
    case .number: "a number"
    case .bool: "a boolean"
    case .string: "a string"
    case .integers: "an array of integers"
    case .numbers: "an array of numbers"
    case .strings: "an array of strings"
    case .array: "an array"
    }
  }
}
