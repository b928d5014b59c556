/// Formats that store each element on its own.
extension Dequantize {
  /// IEEE 754 binary16, exactly.
  static func f16(_ input: UnsafeRawPointer, _ count: Int, _ output: Output) {
    for i in 0..<count { output[i] = half(input, at: 2 &* i) }
  }

  /// bfloat16, exactly: the upper half of a float32.
  static func bf16(_ input: UnsafeRawPointer, _ count: Int, _ output: Output) {
    for i in 0..<count {
      let bits = UInt16(littleEndian: input.loadUnaligned(fromByteOffset: 2 &* i, as: UInt16.self))
      output[i] = Float(bitPattern: UInt32(bits) << 16)
    }
  }

  /// IEEE 754 binary64, rounded to the nearest float32, ties to even.
  static func f64(_ input: UnsafeRawPointer, _ count: Int, _ output: Output) {
    for i in 0..<count {
      let bits = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 8 &* i, as: UInt64.self))
      output[i] = Float(Double(bitPattern: bits))
    }
  }
}
