extension NDArray {
  /// Float32 numbers drawn in row-major order from ``RandomSource``, which is the same on every machine: uniform in
  /// [low, high).
  public init(uniform shape: [Int], low: Double = 0, high: Double = 1, from random: inout RandomSource)
    throws(HoldfastError)
  {
    guard low <= high, (high - low).isFinite else {
      throw HoldfastError(.invalidArgument, "uniform numbers from \(low) to \(high)")
    }
    _ = try Extents.count(shape, size: 4)
    let tensor = try Tensor(uninitialized: shape)
    let end = Float(high)
    for i in 0..<tensor.count {
      let value = Float(low + (high - low) * random.uniform())
      tensor.pointer[i] = value < end || low == high ? value : Swift.max(end.nextDown, Float(low))
    }
    self.init(tensor)
  }

  /// Float32 numbers drawn in row-major order: of the normal distribution.
  public init(normal shape: [Int], mean: Double = 0, deviation: Double = 1, from random: inout RandomSource)
    throws(HoldfastError)
  {
    guard mean.isFinite, deviation.isFinite, deviation >= 0 else {
      throw HoldfastError(
        .invalidArgument, "normal numbers of mean \(mean) and standard deviation \(deviation)")
    }
    _ = try Extents.count(shape, size: 4)
    let tensor = try Tensor(uninitialized: shape)
    for i in 0..<tensor.count { tensor.pointer[i] = Float(mean + deviation * random.normal()) }
    self.init(tensor)
  }
}
