import HoldfastTensor

/// A norm over the last axis, or over each of several groups of it, with its backward pass.
struct Norm: @unchecked Sendable {
  let kind: ModelConfiguration.NormKind
  let epsilon: Float
  let weight: Tensor
  let bias: Tensor?

  /// What the backward pass needs of each row: the inverse RMS or deviation, and the mean of a layer norm.
  struct Statistics {
    let inverse: Tensor
    let mean: Tensor?

    init(
      _ kind: ModelConfiguration.NormKind, rows: Int, _ purpose: String, _ arena: Arena
    ) throws(HoldfastError) {
      inverse = try arena.tensor("\(purpose) inverse", [rows])
      mean = kind == .layer ? try arena.tensor("\(purpose) mean", [rows]) : nil
    }
  }

  /// Where the gradients of weight and bias accumulate; `nil` for what is not trained.
  struct Gradients {
    let weight: Tensor?
    let bias: Tensor?
  }

  /// y = norm(x), row by row; x [T, G·N] with a weight [N] is normed in G groups.
  func forward(_ x: Tensor, into y: Tensor, statistics: Statistics?, _ runtime: Runtime) {
    let x = grouped(x)
    let y = grouped(y)
    switch kind {
    case .rms(let offset):
      runtime.rmsNorm(
        x, weight: weight, offset: offset, epsilon: epsilon, into: y, inverseRMS: statistics?.inverse)
    case .layer:
      runtime.layerNorm(
        x, weight: weight, bias: bias, epsilon: epsilon, into: y, mean: statistics?.mean,
        inverseDeviation: statistics?.inverse)
    }
  }

  /// dx (+)= the gradient of x, and adds those of weight and bias.
  func backward(
    _ dy: Tensor, x: Tensor, statistics: Statistics, into dx: Tensor, accumulate: Bool,
    _ gradients: Gradients,
    _ runtime: Runtime
  ) {
    let dy = grouped(dy)
    let x = grouped(x)
    let dx = grouped(dx)
    switch kind {
    case .rms(let offset):
      runtime.rmsNormBackward(
        dy, x: x, weight: weight, offset: offset, inverseRMS: statistics.inverse, into: dx,
        accumulate: accumulate, weightGradient: gradients.weight)
    case .layer:
      runtime.layerNormBackward(
        dy, x: x, weight: weight, mean: statistics.mean ?? statistics.inverse,
        inverseDeviation: statistics.inverse, into: dx, accumulate: accumulate,
        weightGradient: gradients.weight, biasGradient: gradients.bias)
    }
  }

  private func grouped(_ x: Tensor) -> Tensor { x.reshaped([x.count / weight.count, weight.count]) }
}
