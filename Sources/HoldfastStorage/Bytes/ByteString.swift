/// A string of bytes, compared byte by byte: the key of everything that is named in a file.
///
/// Swift's `String` compares by canonical equivalence, so two different tokens may be one dictionary key; a
/// `ByteString` never does that. It usually holds UTF-8, but need not.
public struct ByteString: Hashable, Sendable {
  /// The bytes.
  public var bytes: [UInt8]

  /// Makes a string of the given bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Makes a string of the bytes of a collection, such as a slice of another one.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Makes the UTF-8 bytes of a text.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// The bytes as text, with U+FFFD in place of what is not UTF-8.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The bytes as text, or `nil` when they are not UTF-8.
  public var validText: String? {
    bytes.withUnsafeBytes { UTF8Check.firstInvalidByte(in: $0) } == nil ? text : nil
  }

  /// The number of bytes.
  public var count: Int { bytes.count }

  /// Whether there are no bytes.
  public var isEmpty: Bool { bytes.isEmpty }

  /// Feeds the bytes to a hasher in one piece.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// Whether the bytes begin with those of `prefix`.
  public func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }

  /// Whether the bytes end with those of `suffix`.
  public func hasSuffix(_ suffix: ByteString) -> Bool {
    bytes.count >= suffix.bytes.count && bytes.suffix(suffix.bytes.count).elementsEqual(suffix.bytes)
  }

  /// The bytes of both, one after the other.
  public static func + (a: ByteString, b: ByteString) -> ByteString { ByteString(a.bytes + b.bytes) }
}

extension ByteString: Comparable {
  /// Orders by the first byte that differs, as `memcmp` does; a prefix comes first.
  public static func < (a: ByteString, b: ByteString) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

extension ByteString: ExpressibleByStringInterpolation {
  /// Makes the UTF-8 bytes of a literal.
  public init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
  /// The bytes as text, for messages.
  public var description: String { text }
}
