import HoldfastTensor

/// A weight matrix [N, K] as products take it: packed once for inference, or plain while it is being trained.
///
/// Both give the same bits.
enum Matrix: @unchecked Sendable {
  case packed(PackedMatrix)
  case plain(Tensor)
}

extension Runtime {
  /// y[M,N] = x[M,K] · wᵀ.
  func linear(_ x: Tensor, _ w: Matrix, into y: Tensor) {
    switch w {
    case .packed(let w): linear(x, w, into: y)
    case .plain(let w): linear(x, w, into: y)
    }
  }
}
