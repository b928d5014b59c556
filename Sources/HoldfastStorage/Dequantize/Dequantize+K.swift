/// K-quants with scales and minima: super-blocks of 256 elements whose groups have small integer scales.
///
/// What is taken away is written as an offset below 0: the sum has the same bits.
extension Dequantize {
  /// 16 bytes with a scale (low nibble) and a minimum (high nibble) for each group of 16 elements, 64 bytes of two-bit
  /// numbers, float16 d, float16 dmin: `(d * scale) * q - dmin * minimum`.
  ///
  /// Two bits of 32 consecutive bytes make 32 consecutive elements; four times, then the next 32 bytes.
  static func q2k(_ block: UnsafeRawPointer, _ parts: Parts) {
    let d = half(block, at: 80)
    let dmin = half(block, at: 82)
    for group in 0..<16 {
      let scales = byte(block, at: group)
      parts.scales[group] = d * Float(scales & 15)
      parts.offsets[group] = -(dmin * Float(scales >> 4))
      let bytes = block + (16 &+ 32 &* (group / 8) &+ 16 &* (group & 1))
      let shift = UInt8(truncatingIfNeeded: group & 6)
      let codes = parts.codes + 16 &* group
      for i in 0..<16 { codes[i] = Int8(bitPattern: byte(bytes, at: i) &>> shift & 3) }
    }
  }

  /// float16 d, float16 dmin, 12 bytes of scales, 128 bytes of nibbles: `(d * scale) * q - dmin * minimum`.
  ///
  /// The low nibbles of 32 bytes make a group of 32 elements, the high nibbles the next one.
  static func q4k(_ block: UnsafeRawPointer, _ parts: Parts) {
    let d = half(block, at: 0)
    let dmin = half(block, at: 2)
    for group in 0..<8 {
      scaleAndMinimum(block + 4, group, d, dmin, parts)
      let bytes = block + (16 &+ 32 &* (group / 2))
      let shift = UInt8(truncatingIfNeeded: 4 &* (group & 1))
      let codes = parts.codes + 32 &* group
      for i in 0..<32 { codes[i] = Int8(bitPattern: byte(bytes, at: i) &>> shift & 15) }
    }
  }

  /// As `q4k`, with 32 bytes of fifth bits between scales and nibbles: bit g of byte i belongs to element i of group g.
  static func q5k(_ block: UnsafeRawPointer, _ parts: Parts) {
    let d = half(block, at: 0)
    let dmin = half(block, at: 2)
    for group in 0..<8 {
      scaleAndMinimum(block + 4, group, d, dmin, parts)
      let bytes = block + (48 &+ 32 &* (group / 2))
      let shift = UInt8(truncatingIfNeeded: 4 &* (group & 1))
      let bit = UInt8(truncatingIfNeeded: group)
      let codes = parts.codes + 32 &* group
      for i in 0..<32 {
        let high = byte(block, at: 16 &+ i) &>> bit & 1
        codes[i] = Int8(bitPattern: byte(bytes, at: i) &>> shift & 15 | high << 4)
      }
    }
  }

  /// The scale and the minimum of a group of `q4k` or `q5k`: six bits each, packed into 12 bytes.
  ///
  /// Groups 0 to 3 have their scales in bytes 0 to 3 and their minima in bytes 4 to 7. Groups 4 to 7 share bytes 8 to
  /// 11 for the lower four bits and take the upper two from the top of the first eight bytes.
  @inline(__always)
  private static func scaleAndMinimum(
    _ packed: UnsafeRawPointer, _ group: Int, _ d: Float, _ dmin: Float, _ parts: Parts
  ) {
    var (scale, minimum) = (byte(packed, at: group) & 63, byte(packed, at: group &+ 4) & 63)
    if group >= 4 {
      let low = byte(packed, at: group &+ 4)
      scale = low & 15 | (byte(packed, at: group &- 4) & 0xC0) >> 2
      minimum = low >> 4 | (byte(packed, at: group) & 0xC0) >> 2
    }
    parts.scales[group] = d * Float(scale)
    parts.offsets[group] = -(dmin * Float(minimum))
  }
}

/// K-quants with scales alone.
extension Dequantize {
  /// 32 bytes of third bits, 64 bytes of two-bit numbers laid out as in `q2k`, 12 bytes with 16 six-bit scales, float16
  /// d: `(d * (scale - 32)) * (q - 4)`, where q includes the third bit.
  ///
  /// Scale s has its lower four bits in nibble s / 8 of byte s % 8, its upper two in pair s / 4 of byte 8 + s % 4.
  static func q3k(_ block: UnsafeRawPointer, _ parts: Parts) {
    let d = half(block, at: 108)
    for group in 0..<16 {
      let low = byte(block, at: 96 &+ group & 7) &>> UInt8(truncatingIfNeeded: group / 8 &* 4) & 15
      let high = byte(block, at: 104 &+ group & 3) &>> UInt8(truncatingIfNeeded: group / 4 &* 2) & 3
      parts.scales[group] = d * Float(Int32(low | high << 4) &- 32)
      let place = 16 &* (group & 1)
      let bytes = block + (32 &+ 32 &* (group / 8) &+ place)
      let shift = UInt8(truncatingIfNeeded: group & 6)
      let bit = UInt8(truncatingIfNeeded: group / 2)
      let codes = parts.codes + 16 &* group
      for i in 0..<16 {
        let third = byte(block, at: place &+ i) &>> bit & 1
        codes[i] = Int8(bitPattern: byte(bytes, at: i) &>> shift & 3 | third << 2) &- 4
      }
    }
  }

  /// 128 bytes of nibbles, 64 bytes of upper two bits, 16 signed scales, float16 d: `(d * scale) * (q - 32)`.
  ///
  /// In each half of 128 elements the low nibbles of 64 bytes come first, then the high ones; the upper bits are pairs
  /// of 32 bytes.
  static func q6k(_ block: UnsafeRawPointer, _ parts: Parts) {
    let d = half(block, at: 208)
    for group in 0..<16 {
      parts.scales[group] = d * Float(block.load(fromByteOffset: 192 &+ group, as: Int8.self))
      let (side, within) = (group / 8, group & 7)
      let nibbles = block + (64 &* side &+ 16 &* (within & 3))
      let pairs = block + (128 &+ 32 &* side &+ 16 &* (within & 1))
      let shift = UInt8(truncatingIfNeeded: within / 4 &* 4)
      let bits = UInt8(truncatingIfNeeded: within & 6)
      let codes = parts.codes + 16 &* group
      for i in 0..<16 {
        let q = byte(nibbles, at: i) &>> shift & 15 | (byte(pairs, at: i) &>> bits & 3) << 4
        codes[i] = Int8(bitPattern: q) &- 32
      }
    }
  }
}
