internal import CHoldfastKernels

extension NDArray {
  /// exp(x) / Σ exp(x) along an axis, or its logarithm x - log Σ exp(x).
  ///
  /// As in PyTorch a line with NaN or ∞, or of -∞ alone, becomes NaN; -∞ beside numbers becomes 0 (or stays -∞).
  public func softmax(axis: Int = -1, logarithm: Bool = false, on runtime: Runtime = .shared)
    throws(HoldfastError) -> NDArray
  {
    let axis = try Extents.axis(axis, of: rank)
    let lines = try movingToEnd(axis)
    let (x, y) = (try lines.tensor("x", on: runtime), try Tensor(uninitialized: lines.shape))
    let width = y.columns
    let kernels = KernelTable(runtime.kernels)
    runtime.parallel(width == 0 ? 0 : y.count / width, grain: runtime.grain(width)) { rows in
      for row in rows {
        let (from, to) = (x.pointer + row * width, y.pointer + row * width)
        if logarithm {
          let whole = kernels.table.pointee.log_sum_exp(from, width)
          for i in 0..<width { to[i] = from[i] - whole }
          continue
        }
        var top = -Float.infinity
        for i in 0..<width where from[i] > top { top = from[i] }
        for i in 0..<width { to[i] = from[i] - top }
        kernels.table.pointee.exp(to, width, to)
        let sum = Float(laneSum(to, width))
        for i in 0..<width { to[i] /= sum }
      }
    }
    return try NDArray(y).movingFromEnd(axis, on: runtime)
  }

  /// The gradient of the argument of ``softmax(axis:logarithm:on:)`` from that of its result y, and y itself.
  public static func softmaxBackward(
    _ gradient: NDArray, result y: NDArray, axis: Int = -1, logarithm: Bool = false,
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> NDArray {
    let axis = try Extents.axis(axis, of: y.rank)
    try gradient.expect(y.shape, "gradient")
    let lines = try y.movingToEnd(axis)
    let y = try lines.tensor("result", on: runtime)
    let dy = try gradient.movingToEnd(axis).tensor("gradient", on: runtime)
    let dx = try Tensor(uninitialized: lines.shape)
    let width = dx.columns
    let kernels = KernelTable(runtime.kernels)
    runtime.parallel(width == 0 ? 0 : dx.count / width, grain: runtime.grain(width)) { rows in
      for row in rows {
        let (d, y, to) = (dy.pointer + row * width, y.pointer + row * width, dx.pointer + row * width)
        if logarithm {
          let sum = Float(laneSum(d, width))
          kernels.table.pointee.exp(y, width, to)
          for i in 0..<width { to[i] = d[i] - to[i] * sum }
        } else {
          for i in 0..<width { to[i] = d[i] * y[i] }
          let sum = Float(laneSum(to, width))
          for i in 0..<width { to[i] = y[i] * (d[i] - sum) }
        }
      }
    }
    return try NDArray(dx).movingFromEnd(axis, on: runtime)
  }

  /// A row-major array whose last axis is moved to where it was.
  func movingFromEnd(_ axis: Int, on runtime: Runtime) throws(HoldfastError) -> NDArray {
    var order = Array(0..<rank - 1)
    order.insert(rank - 1, at: axis)
    return try transposed(order).contiguous(on: runtime)
  }
}
