import HoldfastStorage

/// Bytes as text (RFC 4648).
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text of bytes, padded.
  static func encode(_ bytes: [UInt8]) -> ByteString {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var value: UInt32 = 0
      for k in 0..<3 { value = value << 8 | (start + k < bytes.count ? UInt32(bytes[start + k]) : 0) }
      for k in 0...part.count { result.append(alphabet[Int(value >> UInt32(18 - 6 * k) & 63)]) }
      result += Array(repeating: UInt8(ascii: "="), count: 3 - part.count)
    }
    return ByteString(result)
  }

  /// The bytes of a text, or `nil` when it is not Base64.
  static func decode(_ text: ByteString) -> [UInt8]? {
    var values = Array(repeating: UInt32(64), count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt32(value) }
    var digits = text.bytes[...]
    while digits.last == UInt8(ascii: "=") { digits.removeLast() }
    guard text.count % 4 == 0, text.count - digits.count <= 2, digits.allSatisfy({ values[Int($0)] < 64 })
    else {
      return nil
    }
    var result: [UInt8] = []
    result.reserveCapacity(digits.count / 4 * 3 + 2)
    var value: UInt32 = 0
    var bits = 0
    for digit in digits {
      value = (value << 6 | values[Int(digit)]) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
      }
    }
    return result
  }
}
