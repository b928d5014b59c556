import HoldfastTensor

extension FloatPrecision {
  /// Writes values to memory as they lie in a file, rounded to the nearest, ties to even, and returns how many finite ones
  /// became infinite.
  ///
  /// - Parameter output: room for `count` elements, aligned to them.
  @discardableResult
  public func convert(
    _ values: UnsafePointer<Float>, _ count: Int, to output: UnsafeMutableRawPointer
  ) -> Int {
    switch self {
    case .float32:
      output.copyMemory(from: values, byteCount: 4 * count)
      return 0
    case .float16:
      let bits = output.assumingMemoryBound(to: UInt16.self)
      var overflows = 0
      for i in 0..<count {
        bits[i] = HalfFloat.float16(values[i])
        if bits[i] & 0x7FFF == 0x7C00, values[i].isFinite { overflows += 1 }
      }
      return overflows
    case .bfloat16:
      let bits = output.assumingMemoryBound(to: UInt16.self)
      var overflows = 0
      for i in 0..<count {
        bits[i] = HalfFloat.bfloat16(values[i])
        if bits[i] & 0x7FFF == 0x7F80, values[i].isFinite { overflows += 1 }
      }
      return overflows
    }
  }
}
