/// Ops for looking inside a model: plain loops, used only where somebody asked to see or change what the fast ops keep
/// to themselves.
extension Runtime {
  /// y [R,N] = (x − mean) / scale, row by row; `mean` and `scale` [R], no mean is 0.
  public func standardize(_ x: Tensor, mean: Tensor?, scale: Tensor, into y: Tensor) {
    let width = x.columns
    precondition(x.count == y.count && scale.count * width == x.count, "standardize \(x.shape)")
    parallel(scale.count, grain: grain(width)) { rows in
      for row in rows {
        let center = mean.map { $0.pointer[row] } ?? 0
        for i in row * width..<(row + 1) * width {
          y.pointer[i] = (x.pointer[i] - center) / scale.pointer[row]
        }
      }
    }
  }

  /// y [R,N] = x · (weight + offset) + bias for some rows; `weight` and `bias` [N].
  public func affine(
    _ x: Tensor, weight: Tensor, offset: Float = 0, bias: Tensor? = nil, rows: [Int], into y: Tensor
  ) {
    let width = weight.count
    precondition(x.count == y.count && x.columns == width, "affine \(x.shape) by [\(width)]")
    for row in rows {
      precondition(row >= 0 && row * width < x.count)
      for n in 0..<width {
        let i = row * width + n
        y.pointer[i] = x.pointer[i] * (weight.pointer[n] + offset) + (bias.map { $0.pointer[n] } ?? 0)
      }
    }
  }

  /// y = 1 / x, element by element.
  public func reciprocal(_ x: Tensor, into y: Tensor) {
    precondition(x.count == y.count, "reciprocal of \(x.shape)")
    for i in 0..<x.count { y.pointer[i] = 1 / x.pointer[i] }
  }

  /// Copies columns of x [R,N] to columns of y [R,M].
  public func copyColumns(_ x: Tensor, from source: Int, to target: Int, count: Int, of y: Tensor) {
    let (from, to) = (x.columns, y.columns)
    let rows = x.count / from
    precondition(
      rows * to == y.count && source >= 0 && target >= 0 && source + count <= from && target + count <= to,
      "columns of \(x.shape) to \(y.shape)")
    for row in 0..<rows {
      (y.pointer + row * to + target).update(from: x.pointer + row * from + source, count: count)
    }
  }
}
