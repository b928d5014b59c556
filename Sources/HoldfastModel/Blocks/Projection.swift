import HoldfastTensor

/// y = x · wᵀ + bias, and what an adapter adds, with its backward pass.
struct Projection: @unchecked Sendable {
  /// [N,K].
  let matrix: Matrix
  /// [N].
  let bias: Tensor?
  let adapter: Adapter?

  /// Where the gradients of its parts accumulate; `nil` for what is not trained.
  struct Gradients {
    let weight: Tensor?
    let bias: Tensor?
    let adapter: Adapter.Gradients?
  }

  /// y[T,N] = x[T,K] · wᵀ + bias.
  func forward(_ x: Tensor, into y: Tensor, _ scratch: AdapterScratch, _ runtime: Runtime) {
    runtime.linear(x, matrix, into: y)
    if let bias { runtime.addBias(bias, into: y) }
    adapter?.forward(x, into: y, scratch, runtime)
  }

  /// dx[T,K] (+)= dy[T,N] · w, and adds the gradients of weight and bias.
  ///
  /// Weight gradients are chains over tokens in order, so cutting a batch between sequences does not change their bits.
  func backward(
    _ dy: Tensor, x: Tensor, into dx: Tensor, accumulate: Bool, _ gradients: Gradients,
    _ scratch: AdapterScratch, _ runtime: Runtime
  ) {
    if let weight = gradients.weight { runtime.linearBackwardWeight(dy, x, into: weight) }
    if let bias = gradients.bias { runtime.biasBackward(dy, into: bias) }
    runtime.linearBackwardInput(dy, matrix, into: dx, accumulate: accumulate)
    adapter?.backward(dy, x: x, into: dx, gradients.adapter, scratch, runtime)
  }
}
