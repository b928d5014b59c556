public import HoldfastTensor

/// Metadata by type. With `key` alone a value must be there; with a default it need not, but must have its type.
extension GGUFFile {
  /// An integer.
  public func int(_ key: ByteString, default fallback: Int? = nil) throws(HoldfastError) -> Int {
    try value(key, "an integer", fallback) {
      if case .integer(let value) = $0 { Int(exactly: value) } else { nil }
    }
  }

  /// A number, also one stored as an integer.
  public func double(_ key: ByteString, default fallback: Double? = nil) throws(HoldfastError) -> Double {
    try value(key, "a number", fallback) {
      switch $0 {
      case .number(let value): value
      case .integer(let value): Double(value)
      default: nil
      }
    }
  }

  /// A boolean.
  public func bool(_ key: ByteString, default fallback: Bool? = nil) throws(HoldfastError) -> Bool {
    try value(key, "a boolean", fallback) { if case .bool(let value) = $0 { value } else { nil } }
  }

  /// A string.
  public func string(_ key: ByteString, default fallback: ByteString? = nil) throws(HoldfastError)
    -> ByteString
  {
    try value(key, "a string", fallback) { if case .string(let value) = $0 { value } else { nil } }
  }

  /// An array of strings.
  public func strings(
    _ key: ByteString, default fallback: [ByteString]? = nil
  ) throws(HoldfastError) -> [ByteString] {
    try value(key, "an array of strings", fallback) {
      if case .strings(let value) = $0 { value } else { nil }
    }
  }

  /// An array of integers.
  public func integers(_ key: ByteString, default fallback: [Int64]? = nil) throws(HoldfastError) -> [Int64] {
    try value(key, "an array of integers", fallback) {
      if case .integers(let value) = $0 { value } else { nil }
    }
  }

  /// An array of numbers.
  public func numbers(_ key: ByteString, default fallback: [Double]? = nil) throws(HoldfastError) -> [Double]
  {
    try value(key, "an array of numbers", fallback) {
      if case .numbers(let value) = $0 { value } else { nil }
    }
  }

  private func value<T>(
    _ key: ByteString, _ wanted: String, _ fallback: T?, _ convert: (GGUFValue) -> T?
  ) throws(HoldfastError) -> T {
    guard let stored = metadata[key] else {
      if let fallback { return fallback }
      throw HoldfastError(.corruptData, "\(path): the metadata lacks '\(key)', \(wanted)")
    }
    guard let value = convert(stored) else {
      throw HoldfastError(.corruptData, "\(path): metadata '\(key)' must be \(wanted), and is \(stored.kind)")
    }
    return value
  }
}
