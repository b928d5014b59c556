/// Ops that change a few rows of an activation: plain loops, in an order that depends on the width alone.
extension Runtime {
  /// x ← x + strength · (target − x), element by element; a strength of 1 gives the target's bits.
  public func blend(_ target: Tensor, into x: Tensor, strength: Float) {
    precondition(target.count == x.count, "blending \(target.shape) into \(x.shape)")
    if strength == 1 { return x.copy(from: target) }
    for i in 0..<x.count { x.pointer[i] += strength * (target.pointer[i] - x.pointer[i]) }
  }

  /// x ← x + strength · v, element by element.
  public func addScaled(_ v: Tensor, into x: Tensor, strength: Float) {
    precondition(v.count == x.count, "adding \(v.shape) to \(x.shape)")
    for i in 0..<x.count { x.pointer[i] += strength * v.pointer[i] }
  }

  /// x ← each element brought into lower … upper.
  public func clamp(_ x: Tensor, lower: Float, upper: Float) {
    for i in 0..<x.count { x.pointer[i] = min(max(x.pointer[i], lower), upper) }
  }

  /// y [N] = Σ (x·u) u over the orthonormal rows u of `basis` [R,N]; what of x lies along them. Sums are in double.
  public func project(_ x: Tensor, onto basis: Tensor, into y: Tensor) {
    let width = x.count
    precondition(basis.columns == width && y.count == width, "projecting \(x.shape) onto \(basis.shape)")
    var sums = [Double](repeating: 0, count: width)
    for r in 0..<basis.shape[0] {
      let u = basis.pointer + r * width
      var along = 0.0
      for i in 0..<width { along += Double(x.pointer[i]) * Double(u[i]) }
      for i in 0..<width { sums[i] += along * Double(u[i]) }
    }
    for i in 0..<width { y.pointer[i] = Float(sums[i]) }
  }

  /// x ← x + strength · ε with ε from the standard normal distribution, drawn in the order of the elements.
  public func addNoise(into x: Tensor, strength: Float, from random: inout RandomSource) {
    for i in 0..<x.count { x.pointer[i] += strength * Float(random.normal()) }
  }

  /// The mean of the rows of some tensors [T,N] into y [N]: sums in double, tensors and rows in order.
  public func mean(ofRows tensors: [Tensor], into y: Tensor) {
    var sums = [Double](repeating: 0, count: y.count)
    var rows = 0
    for tensor in tensors {
      precondition(tensor.columns == y.count, "the mean of \(tensor.shape) in \(y.shape)")
      for row in 0..<tensor.shape[0] {
        for i in 0..<y.count { sums[i] += Double(tensor.pointer[row * y.count + i]) }
      }
      rows += tensor.shape[0]
    }
    for i in 0..<y.count { y.pointer[i] = Float(sums[i] / Double(max(rows, 1))) }
  }

  /// The rows of x [R,N] made orthonormal one after another (Gram and Schmidt, twice, in double); rows that lie within the
  /// span of those before them are left out.
  public func orthonormalized(_ x: Tensor) throws(HoldfastError) -> Tensor {
    let width = x.columns
    var basis: [[Double]] = []
    for r in 0..<x.shape[0] {
      var row = (0..<width).map { Double(x.pointer[r * width + $0]) }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for _ in 0..<2 {
        for u in basis {
          let along = zip(row, u).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<width { row[i] -= along * u[i] }
        }
      }
      let rest = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard rest > 1e-6 * length else { continue }
      basis.append(row.map { $0 / rest })
    }
    return try Tensor(basis.flatMap { $0.map { Float($0) } }, shape: [basis.count, width])
  }
}

extension Runtime {
  /// y [R] = the mean of each row of x [R,N], summed in double.
  public func rowMeans(_ x: Tensor, into y: Tensor) {
    let width = x.columns
    precondition(y.count * width == x.count, "the means of the rows of \(x.shape) in \(y.shape)")
    for row in 0..<y.count {
      var sum = 0.0
      for i in 0..<width { sum += Double(x.pointer[row * width + i]) }
      y.pointer[row] = Float(sum / Double(width))
    }
  }
}
