extension Runtime {
  /// The products x·y of all pairs of rows of x [R,N], [R·R] row-major, summed in double in the order of the columns.
  public func gram(_ x: Tensor) -> [Double] {
    let (rows, width) = (x.shape[0], x.columns)
    var products = [Double](repeating: 0, count: rows * rows)
    for a in 0..<rows {
      for b in 0...a {
        var sum = 0.0
        for i in 0..<width { sum += Double(x.pointer[a * width + i]) * Double(x.pointer[b * width + i]) }
        products[a * rows + b] = sum
        products[b * rows + a] = sum
      }
    }
    return products
  }

  /// The cosine of the angle between each row of x and the same row of y, both [R,N]; 0 where a row is 0.
  public func cosines(_ x: Tensor, _ y: Tensor) -> [Double] {
    precondition(x.shape == y.shape, "cosines of \(x.shape) and \(y.shape)")
    let width = x.columns
    return (0..<x.shape[0]).map { row in
      var (xx, yy, xy) = (0.0, 0.0, 0.0)
      for i in row * width..<(row + 1) * width {
        let (a, b) = (Double(x.pointer[i]), Double(y.pointer[i]))
        xx += a * a
        yy += b * b
        xy += a * b
      }
      return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
    }
  }
}
