import HoldfastStorage

/// The printable alphabet in which GPT-2 writes bytes: 188 bytes as themselves, the other 68 as U+0100 … U+0143.
enum ByteAlphabet {
  /// The scalar of each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of each scalar below U+0144, or `nil`.
  private static let bytes: [UInt8?] = {
    var bytes: [UInt8?] = Array(repeating: nil, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = UInt8(byte) }
    return bytes
  }()

  /// The bytes that `written` stands for; what is not written in the alphabet throughout stands for itself.
  static func decode(_ written: ByteString) -> ByteString {
    var result: [UInt8] = []
    result.reserveCapacity(written.count)
    var i = 0
    while i < written.count {
      var scalar = Int(written.bytes[i])
      i += 1
      if scalar >= 0x80 {
        // The alphabet ends at U+0143, so that a scalar has two bytes at most.
        guard scalar & 0xE0 == 0xC0, i < written.count else { return written }
        scalar = (scalar & 0x1F) << 6 | Int(written.bytes[i] & 0x3F)
        i += 1
      }
      guard scalar < bytes.count, let byte = bytes[scalar] else { return written }
      result.append(byte)
    }
    return ByteString(result)
  }

  /// The bytes written in the alphabet.
  static func encode(_ bytes: ByteString) -> ByteString {
    var result: [UInt8] = []
    result.reserveCapacity(2 * bytes.count)
    for byte in bytes.bytes {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        result.append(UInt8(scalar))
      } else {
        result.append(UInt8(0xC0 | scalar >> 6))
        result.append(UInt8(0x80 | scalar & 0x3F))
      }
    }
    return ByteString(result)
  }
}
