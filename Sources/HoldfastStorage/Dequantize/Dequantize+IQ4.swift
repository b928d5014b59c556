/// Four-bit formats whose numbers index a table of 16 unevenly spaced values.
extension Dequantize {
  private static let levels: SIMD16<Int8> = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  /// 32 elements of one scale: element i is the low nibble of byte i, element i + 16 the high nibble.
  @inline(__always)
  private static func lookUp(_ bytes: UnsafeRawPointer, _ codes: Codes) {
    withUnsafeBytes(of: levels) { levels in
      guard let table = levels.baseAddress?.assumingMemoryBound(to: Int8.self) else { return }
      for i in 0..<16 {
        let q = byte(bytes, at: i)
        codes[i] = table[Int(q & 15)]
        codes[i &+ 16] = table[Int(q >> 4)]
      }
    }
  }

  /// Blocks of 32: float16 d, 16 bytes.
  static func iq4nl(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    lookUp(block + 2, parts.codes)
  }

  /// Blocks of 256: float16 d, 16 bits with the upper two of each of 8 scales, 4 bytes with their lower four, 128
  /// bytes. A scale is 6 bits less 32.
  static func iq4xs(_ block: UnsafeRawPointer, _ parts: Parts) {
    let scale = half(block, at: 0)
    let high = Int32(UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    for group in 0..<8 {
      let shift = Int32(truncatingIfNeeded: group)
      let low = Int32(byte(block, at: 4 &+ group / 2)) &>> (4 &* (shift & 1)) & 15
      let factor = (low | (high &>> (2 &* shift) & 3) << 4) &- 32
      parts.scales[group] = scale * Float(factor)
      lookUp(block + (8 &+ 16 &* group), parts.codes + 32 &* group)
    }
  }
}
