import HoldfastTensor

/// The feed-forward network of a block: down(activation(gate(x)) · up(x)), or down(activation(up(x))) without a gate.
struct FeedForward: @unchecked Sendable {
  let activation: Activation
  let gate: Projection?
  let up, down: Projection

  /// Where the gradients of its parts accumulate.
  struct Gradients {
    let gate, up, down: Projection.Gradients
  }

  /// y [T,D] from x [T,D], the normed residual stream; y may be x.
  func forward(
    _ x: Tensor, into y: Tensor, scratch: BlockScratch, saved: BlockTape?, hooks: LayerHooks?,
    _ runtime: Runtime
  ) throws(HoldfastError) {
    let upped = saved?.up ?? scratch.up
    if let gate {
      let gated = saved?.gate ?? scratch.gate
      gate.forward(x, into: gated, scratch.adapter, runtime)
      up.forward(x, into: upped, scratch.adapter, runtime)
      try hooks?.visit(.pre, gated)
      try hooks?.visit(.preLinear, upped)
      runtime.gated(activation, gate: gated, up: upped, into: scratch.hidden)
    } else {
      up.forward(x, into: upped, scratch.adapter, runtime)
      try hooks?.visit(.pre, upped)
      runtime.activate(activation, upped, into: scratch.hidden)
    }
    try hooks?.visit(.post, scratch.hidden)
    down.forward(scratch.hidden, into: y, scratch.adapter, runtime)
  }

  /// dx [T,D] = the gradient of x, from that of the output dy [T,D]; adds the gradients of the parts.
  ///
  /// The tape's gate and up are overwritten.
  func backward(
    _ dy: Tensor, x: Tensor, into dx: Tensor, tape: BlockTape, _ gradients: Gradients,
    scratch: BackwardScratch, view: LayerGradientView?, _ runtime: Runtime
  ) {
    let room = scratch.adapter
    if gate == nil {
      runtime.activate(activation, tape.up, into: scratch.hidden)
    } else {
      runtime.gated(activation, gate: tape.gate, up: tape.up, into: scratch.hidden)
    }
    down.backward(
      dy, x: scratch.hidden, into: scratch.hiddenGradient, accumulate: false, gradients.down, room, runtime)
    view?.see(.post, scratch.hiddenGradient)
    guard let gate else {
      runtime.activateBackward(scratch.hiddenGradient, activation, tape.up, into: tape.up)
      view?.see(.pre, tape.up)
      up.backward(tape.up, x: x, into: dx, accumulate: false, gradients.up, room, runtime)
      return
    }
    runtime.gatedBackward(
      scratch.hiddenGradient, activation, gate: tape.gate, up: tape.up, into: tape.gate, tape.up)
    view?.see(.pre, tape.gate)
    view?.see(.preLinear, tape.up)
    gate.backward(tape.gate, x: x, into: dx, accumulate: false, gradients.gate, room, runtime)
    up.backward(tape.up, x: x, into: dx, accumulate: true, gradients.up, room, runtime)
  }
}
