/// Blocks of 32 elements with one scale, and for the `_1` formats one minimum.
///
/// Element i of four bits is the low nibble of byte i, element i + 16 the high nibble; a fifth bit is bit i of a
/// 32-bit word.
extension Dequantize {
  /// float16 d, 32 signed bytes q: `q * d`.
  static func q8x0(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    for i in 0..<32 { parts.codes[i] = block.load(fromByteOffset: 2 &+ i, as: Int8.self) }
  }

  /// float16 d, 16 bytes: `(q - 8) * d`.
  static func q4x0(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    nibbles(block + 2, less: 8, parts.codes)
  }

  /// float16 d, float16 m, 16 bytes: `q * d + m`.
  static func q4x1(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    parts.offsets[0] = half(block, at: 2)
    nibbles(block + 4, less: 0, parts.codes)
  }

  /// float16 d, 32 fifth bits, 16 bytes: `(q - 16) * d`.
  static func q5x0(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    fiveBits(block + 6, fifths: block + 2, less: 16, parts.codes)
  }

  /// float16 d, float16 m, 32 fifth bits, 16 bytes: `q * d + m`.
  static func q5x1(_ block: UnsafeRawPointer, _ parts: Parts) {
    parts.scales[0] = half(block, at: 0)
    parts.offsets[0] = half(block, at: 2)
    fiveBits(block + 8, fifths: block + 4, less: 0, parts.codes)
  }

  @inline(__always)
  private static func nibbles(_ bytes: UnsafeRawPointer, less bias: Int8, _ codes: Codes) {
    for i in 0..<16 {
      let q = byte(bytes, at: i)
      codes[i] = Int8(bitPattern: q & 15) &- bias
      codes[i &+ 16] = Int8(bitPattern: q &>> 4) &- bias
    }
  }

  @inline(__always)
  private static func fiveBits(
    _ bytes: UnsafeRawPointer, fifths: UnsafeRawPointer, less bias: Int8, _ codes: Codes
  ) {
    let high = UInt32(littleEndian: fifths.loadUnaligned(as: UInt32.self))
    for i in 0..<16 {
      let q = byte(bytes, at: i)
      let shift = UInt32(truncatingIfNeeded: i)
      let low = UInt8(truncatingIfNeeded: high &>> shift & 1) << 4
      let up = UInt8(truncatingIfNeeded: high &>> (shift &+ 16) & 1) << 4
      codes[i] = Int8(bitPattern: q & 15 | low) &- bias
      codes[i &+ 16] = Int8(bitPattern: q &>> 4 | up) &- bias
    }
  }
}
