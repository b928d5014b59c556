extension StoredTensor {
  /// Whether single elements can be read: those of F32, F16 and BF16, but not of quantised blocks.
  public var hasElements: Bool { type == .f32 || type == .f16 || type == .bf16 }

  /// Writes columns of a matrix [K,N] as the rows of `output`, float32: `[columns.count, K]`, row-major.
  ///
  /// Many threads may call this at once. Only for types with `hasElements`; the columns must lie within `0..<width` and
  /// `output` must hold `columns.count * rowCount` elements: these are the caller's to check, and preconditions here.
  public func dequantize(columns: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(hasElements, "blocks have no columns")
    precondition(columns.lowerBound >= 0 && columns.upperBound <= width, "columns outside the tensor")
    precondition(output.count >= columns.count * rowCount, "the output is too small")
    guard let base = file.bytes.baseAddress, let out = output.baseAddress else { return }
    let size = type.blockBytes
    let height = rowCount
    for k in 0..<height {
      let row = base + offset + (k * width + columns.lowerBound) * size
      for i in 0..<columns.count {
        let element = row + i * size
        out[i * height + k] =
          switch type {
          case .f32: element.loadUnaligned(as: Float.self)
          case .bf16:
            Float(bitPattern: UInt32(UInt16(littleEndian: element.loadUnaligned(as: UInt16.self))) << 16)
          default: Dequantize.float(half: UInt16(littleEndian: element.loadUnaligned(as: UInt16.self)))
          }
      }
    }
    withExtendedLifetime(file) {}
  }
}
