internal import CHoldfastKernels

/// The non-linearity of a feed-forward block.
public enum Activation: String, Sendable, CaseIterable {
  /// x * sigmoid(x), also called swish.
  case silu
  /// x * Φ(x), Φ the standard normal distribution (the form with erf); within 2 ulp above 0, 3.5 down to -1, 6.5 below.
  case gelu
  /// x * (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2; within 3.5 ulp above -1, 1e-7 below.
  case geluTanh

  var kernel: holdfast_activation {
    switch self {
    case .silu: HOLDFAST_SILU
    case .gelu: HOLDFAST_GELU
    case .geluTanh: HOLDFAST_GELU_TANH
    }
  }
}

extension Runtime {
  /// h = a(gate) * up, element by element: SwiGLU with ``Activation/silu``; h may be either.
  public func gated(_ a: Activation, gate: Tensor, up: Tensor, into h: Tensor) {
    precondition(gate.count == up.count && gate.count == h.count, "gating \(up.shape) by \(gate.shape)")
    let kernels = KernelTable(kernels)
    parallel(gate.count, grain: 16_384) { r in
      let i = r.lowerBound
      kernels.table.pointee.gated(a.kernel, gate.pointer + i, up.pointer + i, r.count, h.pointer + i)
    }
  }

  /// The gradients of ``gated(_:gate:up:into:)``; the results may be any of the inputs.
  public func gatedBackward(
    _ dh: Tensor, _ a: Activation, gate: Tensor, up: Tensor, into dgate: Tensor, _ dup: Tensor
  ) {
    precondition(
      [up, dh, dgate, dup].allSatisfy { $0.count == gate.count },
      "backward of gating \(up.shape) by \(gate.shape)")
    let kernels = KernelTable(kernels)
    parallel(gate.count, grain: 16_384) { r in
      let i = r.lowerBound
      kernels.table.pointee.gated_backward(
        a.kernel, dh.pointer + i, gate.pointer + i, up.pointer + i, r.count, dgate.pointer + i,
        dup.pointer + i)
    }
  }

  /// h = a(x), element by element; h may be x.
  public func activate(_ a: Activation, _ x: Tensor, into h: Tensor) {
    precondition(x.count == h.count, "activating \(x.shape) into \(h.shape)")
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 16_384) { r in
      kernels.table.pointee.activate(a.kernel, x.pointer + r.lowerBound, r.count, h.pointer + r.lowerBound)
    }
  }

  /// dx = dh * a′(x), the gradient of ``activate(_:_:into:)``; dx may be either.
  public func activateBackward(_ dh: Tensor, _ a: Activation, _ x: Tensor, into dx: Tensor) {
    precondition(x.count == dh.count && x.count == dx.count, "backward of activating \(x.shape)")
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 16_384) { r in
      let i = r.lowerBound
      kernels.table.pointee.activate_backward(
        a.kernel, dh.pointer + i, x.pointer + i, r.count, dx.pointer + i)
    }
  }
}
