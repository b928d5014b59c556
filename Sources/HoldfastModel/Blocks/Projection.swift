import HoldfastTensor

/// y = x · wᵀ + bias, with its backward pass.
struct Projection: @unchecked Sendable {
  /// [N,K].
  let matrix: Matrix
  /// [N].
  let bias: Tensor?

  /// Where the gradients of weight and bias accumulate; `nil` for what is not trained.
  struct Gradients {
    let weight: Tensor?
    let bias: Tensor?
  }

  /// y[T,N] = x[T,K] · wᵀ + bias.
  func forward(_ x: Tensor, into y: Tensor, _ runtime: Runtime) {
    runtime.linear(x, matrix, into: y)
    if let bias { runtime.addBias(bias, into: y) }
  }

  /// dx[T,K] (+)= dy[T,N] · w, and adds the gradients of weight and bias.
  ///
  /// Weight gradients are chains over tokens in order, so cutting a batch between sequences does not change their bits.
  func backward(
    _ dy: Tensor, x: Tensor, into dx: Tensor, accumulate: Bool, _ gradients: Gradients, _ runtime: Runtime
  ) {
    if let weight = gradients.weight { runtime.linearBackwardWeight(dy, x, into: weight) }
    if let bias = gradients.bias { runtime.biasBackward(dy, into: bias) }
    runtime.linearBackwardInput(dy, matrix, into: dx, accumulate: accumulate)
  }
}
