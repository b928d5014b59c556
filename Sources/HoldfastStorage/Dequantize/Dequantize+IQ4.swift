/// Four-bit formats whose numbers index a table of 16 unevenly spaced values.
extension Dequantize {
  private static let levels: SIMD16<Float> = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  /// 32 elements of one scale: element i is the low nibble of byte i, element i + 16 the high nibble.
  @inline(__always)
  private static func lookUp(_ bytes: UnsafeRawPointer, scale: Float, _ y: Output) {
    // The products are those of the elements: there are only sixteen different ones.
    withUnsafeBytes(of: levels * scale) { products in
      guard let table = products.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
      for i in 0..<16 {
        let q = byte(bytes, at: i)
        y[i] = table[Int(q & 15)]
        y[i &+ 16] = table[Int(q >> 4)]
      }
    }
  }

  /// Blocks of 32: float16 d, 16 bytes.
  static func iq4nl(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 18
      lookUp(block + 2, scale: half(block, at: 0), output + b &* 32)
    }
  }

  /// Blocks of 256: float16 d, 16 bits with the upper two of each of 8 scales, 4 bytes with their lower four, 128
  /// bytes. A scale is 6 bits less 32.
  static func iq4xs(_ input: UnsafeRawPointer, _ blocks: Int, _ output: Output) {
    for b in 0..<blocks {
      let block = input + b &* 136
      let scale = half(block, at: 0)
      let high = Int32(UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      for group in 0..<8 {
        let shift = Int32(truncatingIfNeeded: group)
        let low = Int32(byte(block, at: 4 &+ group / 2)) &>> (4 &* (shift & 1)) & 15
        let factor = (low | (high &>> (2 &* shift) & 3) << 4) &- 32
        lookUp(block + (8 &+ 16 &* group), scale: scale * Float(factor), output + (b &* 256 &+ 32 &* group))
      }
    }
  }
}
