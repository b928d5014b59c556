/// Blocks of 32 elements with one scale, and for the `_1` formats one minimum.
///
/// Element i of four bits is the low nibble of byte i, element i + 16 the high nibble; a fifth bit is bit i of a
/// 32-bit word.
extension Dequantize {
  /// float16 d, 32 signed bytes q: `q * d`.
  static func q8x0(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 34
      let y = output + b &* 32
      let scale = half(block, at: 0)
      for i in 0..<32 { y[i] = Float(block.load(fromByteOffset: 2 &+ i, as: Int8.self)) * scale }
    }
  }

  /// float16 d, 16 bytes: `(q - 8) * d`.
  static func q4x0(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 18
      let y = output + b &* 32
      let scale = half(block, at: 0)
      for i in 0..<16 {
        let q = Int32(byte(block, at: 2 &+ i))
        y[i] = Float(q & 15 &- 8) * scale
        y[i &+ 16] = Float(q &>> 4 &- 8) * scale
      }
    }
  }

  /// float16 d, float16 m, 16 bytes: `q * d + m`.
  static func q4x1(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 20
      let y = output + b &* 32
      let scale = half(block, at: 0)
      let minimum = half(block, at: 2)
      for i in 0..<16 {
        let q = Int32(byte(block, at: 4 &+ i))
        y[i] = Float(q & 15) * scale + minimum
        y[i &+ 16] = Float(q &>> 4) * scale + minimum
      }
    }
  }

  /// float16 d, 32 fifth bits, 16 bytes: `(q - 16) * d`.
  static func q5x0(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 22
      let y = output + b &* 32
      let scale = half(block, at: 0)
      let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
      for i in 0..<16 {
        let q = UInt32(byte(block, at: 6 &+ i))
        let shift = UInt32(truncatingIfNeeded: i)
        y[i] = Float(Int32(bitPattern: q & 15 | (high &>> shift & 1) << 4) &- 16) * scale
        y[i &+ 16] = Float(Int32(bitPattern: q >> 4 | (high &>> (shift &+ 16) & 1) << 4) &- 16) * scale
      }
    }
  }

  /// float16 d, float16 m, 32 fifth bits, 16 bytes: `q * d + m`.
  static func q5x1(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 24
      let y = output + b &* 32
      let scale = half(block, at: 0)
      let minimum = half(block, at: 2)
      let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      for i in 0..<16 {
        let q = UInt32(byte(block, at: 8 &+ i))
        let shift = UInt32(truncatingIfNeeded: i)
        y[i] = Float(Int32(bitPattern: q & 15 | (high &>> shift & 1) << 4)) * scale + minimum
        y[i &+ 16] = Float(Int32(bitPattern: q >> 4 | (high &>> (shift &+ 16) & 1) << 4)) * scale + minimum
      }
    }
  }
}
