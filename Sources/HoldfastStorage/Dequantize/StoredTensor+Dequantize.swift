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
    case .blocks(let form): Dequantize.blocks(form, input, blocks, out)
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
