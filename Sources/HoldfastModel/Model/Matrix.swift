import HoldfastTensor

/// A weight matrix [N, K] as products take it. All give the same bits.
enum Matrix: @unchecked Sendable {
  /// Packed once, for inference.
  case packed(PackedMatrix)
  /// As it is while it is being trained.
  case plain(Tensor)
  /// As it lies in the file, made float32 piece by piece in every product.
  case stored(MatrixSource)
}

extension Runtime {
  /// y[M,N] (+)= x[M,K] · wᵀ.
  func linear(_ x: Tensor, _ w: Matrix, into y: Tensor, accumulate: Bool = false) {
    switch w {
    case .packed(let w): linear(x, w, into: y, accumulate: accumulate)
    case .plain(let w): linear(x, w, into: y, accumulate: accumulate)
    case .stored(let w): linear(x, w, into: y, accumulate: accumulate)
    }
  }

  /// dx[M,K] (+)= dy[M,N] · w; a packed matrix has no such product.
  func linearBackwardInput(_ dy: Tensor, _ w: Matrix, into dx: Tensor, accumulate: Bool) {
    switch w {
    case .packed: preconditionFailure("a matrix packed for inference has no backward pass")
    case .plain(let w): linearBackwardInput(dy, w, into: dx, accumulate: accumulate)
    case .stored(let w): linearBackwardInput(dy, w, into: dx, accumulate: accumulate)
    }
  }
}
