public import HoldfastTensor

extension StoredTensor {
  /// Writes rows as float32: `[rows.count, width]`, row-major.
  ///
  /// Many threads may call this at once. The type must be readable (`checkReadable`), `rows` must lie within
  /// `0..<rowCount` and `output` must hold `rows.count * width` elements: these are the caller's to check, and
  /// preconditions here. The values equal those of gguf-py to the bit.
  public func dequantize(rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows outside the tensor")
    precondition(output.count >= rows.count * width, "the output is too small")
    let rowBytes = width / type.blockElements * type.blockBytes
    guard rowBytes > 0, !rows.isEmpty, let base = file.bytes.baseAddress, let out = output.baseAddress,
      let decoder = type.decoder
    else {
      precondition(type.isReadable, "the type cannot be read")
      return
    }
    let input = base + offset + rows.lowerBound * rowBytes
    let blocks = rows.count * (width / type.blockElements)
    switch decoder {
    case .f32: UnsafeMutableRawPointer(out).copyMemory(from: input, byteCount: blocks * 4)
    case .f16: Dequantize.f16(input, blocks, out)
    case .bf16: Dequantize.bf16(input, blocks, out)
    case .f64: Dequantize.f64(input, blocks, out)
    case .q8x0: Dequantize.q8x0(input, blocks, out)
    case .q4x0: Dequantize.q4x0(input, blocks, out)
    case .q4x1: Dequantize.q4x1(input, blocks, out)
    case .q5x0: Dequantize.q5x0(input, blocks, out)
    case .q5x1: Dequantize.q5x1(input, blocks, out)
    case .q2k: Dequantize.q2k(input, blocks, out)
    case .q3k: Dequantize.q3k(input, blocks, out)
    case .q4k: Dequantize.q4k(input, blocks, out)
    case .q5k: Dequantize.q5k(input, blocks, out)
    case .q6k: Dequantize.q6k(input, blocks, out)
    case .iq4nl: Dequantize.iq4nl(input, blocks, out)
    case .iq4xs: Dequantize.iq4xs(input, blocks, out)
    }
    withExtendedLifetime(file) {}
  }

  /// All elements as float32, or `unsupported` when the type cannot be read.
  public func values() throws(HoldfastError) -> [Float] {
    try checkReadable()
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      dequantize(rows: 0..<rowCount, into: buffer)
      initialized = count
    }
  }
}
