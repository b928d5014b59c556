import Testing

@testable import HoldfastStorage

/// zlib streams of a known length; streams with real compression are in OldLayoutTests.
@Suite struct InflateTests {
  /// "abcabcabc…", 100 letters, as zlib compresses it.
  private static let packed: [UInt8] = [
    0x78, 0x9C, 0x4B, 0x4C, 0x4A, 0x4E, 0xA4, 0x35, 0x02, 0x00, 0x8D, 0xBE, 0x26, 0x48,
  ]
  private static let stored: [UInt8] = [
    0x78, 0x01, 0x01, 0x03, 0x00, 0xFC, 0xFF, 0x61, 0x62, 0x63, 0x02, 0x4D, 0x01, 0x27,
  ]

  private func inflate(_ bytes: [UInt8], _ count: Int) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: count)
    let isGood = output.withUnsafeMutableBytes { output in
      bytes.withUnsafeBytes { Inflate.zlib($0, into: output) }
    }
    return isGood ? output : nil
  }

  @Test func streamsAreDecompressed() {
    #expect(inflate(Self.stored, 3) == Array("abc".utf8))
    #expect(inflate(Self.packed, 100) == (0..<100).map { Array("abc".utf8)[$0 % 3] })
  }

  @Test func anotherLengthIsRefused() {
    for count in [0, 2, 4] { #expect(inflate(Self.stored, count) == nil) }
    for count in [0, 1, 99, 101, 4000] { #expect(inflate(Self.packed, count) == nil) }
  }

  @Test func damageIsRefused() {
    for bytes in [Self.stored, Self.packed] {
      let count = bytes == Self.stored ? 3 : 100
      for length in bytes.indices { #expect(inflate(Array(bytes[..<length]), count) == nil) }
      for place in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[place] ^= 1 << UInt8(bit)
          // The two bits of zlib's level and the three of a stored block's padding say nothing.
          if let output = inflate(changed, count) { #expect(output == inflate(bytes, count)) }
        }
      }
    }
  }
}
