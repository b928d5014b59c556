internal import CHoldfastKernels

extension Runtime {
  /// Inverted dropout: y = x / (1 - probability), or 0 with that probability; x and y [M, N] may be one tensor.
  ///
  /// Whether an element is dropped depends on (`seed`, `stream`, `firstRow` + its row, its column) alone, so not on threads,
  /// kernels or how a batch is cut. The same call on the gradient of y gives that of x. With 0 nothing is dropped, with 1
  /// everything.
  public func dropout(
    _ x: Tensor, probability: Float, seed: UInt64, stream: UInt64, firstRow: Int, into y: Tensor
  ) {
    let width = x.columns
    precondition(
      x.count == y.count && (0...1).contains(probability) && firstRow >= 0,
      "dropout of \(x.shape) into \(y.shape) with probability \(probability)")
    guard width > 0 else { return }
    guard let threshold = UInt32(exactly: (Double(probability) * 0x1p32).rounded(.down)) else {
      return y.fill(0)
    }
    let factor = Float(1 / (1 - Double(probability)))
    let seeded = RandomSource.mix(RandomSource.mix(seed) ^ stream)
    let kernels = KernelTable(kernels)
    parallel(x.count / width, grain: grain(width)) { rows in
      for row in rows {
        let key = RandomSource.mix(seeded ^ UInt64(firstRow + row))
        kernels.table.pointee.dropout(
          x.pointer + row * width, width, key, threshold, factor, y.pointer + row * width)
      }
    }
  }
}
