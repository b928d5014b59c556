extension Runtime {
  /// The squared Euclidean distance of two tensors of one shape, in double precision, in an order that depends on the
  /// count alone.
  public func squaredDistance(_ x: Tensor, _ y: Tensor) -> Double {
    precondition(x.shape == y.shape, "the distance of tensors of the shapes \(x.shape) and \(y.shape)")
    let block = 65_536
    let blocks = (x.count + block - 1) / block
    let partial = [Double](unsafeUninitializedCapacity: blocks) { buffer, initialized in
      let results = BlockResults(pointer: buffer.baseAddress)
      parallel(blocks) { range in
        for i in range {
          let count = min(block, x.count - i * block)
          results.pointer?[i] = Self.squaredDistance(x.pointer + i * block, y.pointer + i * block, count)
        }
      }
      initialized = blocks
    }
    return partial.reduce(0, +)
  }

  /// Eight strided partial sums, then their sum.
  private static func squaredDistance(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    var lanes = SIMD8<Double>.zero
    let whole = count & ~7
    for i in stride(from: 0, to: whole, by: 8) {
      let a = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Float>.self)
      let b = UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Float>.self)
      let difference = SIMD8<Double>(a) - SIMD8<Double>(b)
      lanes += difference * difference
    }
    for i in whole..<count {
      let difference = Double(x[i]) - Double(y[i])
      lanes[i - whole] += difference * difference
    }
    return lanes.sum()
  }
}
