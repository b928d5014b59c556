import HoldfastTensor

extension DecoderBlock {
  /// Where the gradients of a block's parts accumulate, in the shapes of the weights.
  struct Gradients {
    let attentionNorm: Norm.Gradients
    let attention: Attention.Gradients
    let attentionPostNorm, feedForwardNorm: Norm.Gradients
    let feedForward: FeedForward.Gradients
    let feedForwardPostNorm: Norm.Gradients
  }

  /// Turns the gradient of the block's output, in dx [T,D], into that of its input, and adds the weights' gradients.
  ///
  /// Norms are computed again rather than kept. The tape is used up.
  /// - Parameter view: sees the gradients of the block's activations.
  func backward(
    _ dx: Tensor, tape: BlockTape, segments: [AttentionSegment], rotary: RotarySlices, gradients: Gradients,
    scratch: BackwardScratch, view: LayerGradientView? = nil, runtime: Runtime
  ) {
    defer { view?.see(.residPre, dx) }
    view?.see(.residPost, dx)
    view?.see(.feedForwardOut, dx)
    if let second = scratch.second {
      // Both halves read the gradient of the output, so neither may change it before the other is done.
      let middle = normed(tape.input, feedForwardNorm, into: scratch.normed, runtime)
      feedForward.backward(
        dx, x: middle, into: second, tape: tape, gradients.feedForward, scratch: scratch, view: view,
        runtime)
      view?.see(.attentionOut, dx)
      let input = normed(tape.input, attentionNorm, into: scratch.normed, runtime)
      attention.backward(
        dx, x: input, into: scratch.normedGradient, tape: tape, segments: segments, rotary: rotary,
        gradients.attention, scratch: scratch, view: view, runtime)
      add(
        second, x: tape.input, feedForwardNorm, tape.middleStatistics, into: dx, gradients.feedForwardNorm,
        runtime)
      add(
        scratch.normedGradient, x: tape.input, attentionNorm, tape.inputStatistics, into: dx,
        gradients.attentionNorm, runtime)
      return
    }
    let upper = below(
      dx, feedForwardPostNorm, tape.feedForwardBranch, tape.feedForwardPostStatistics,
      gradients.feedForwardPostNorm, scratch, runtime)
    let middle = normed(tape.middle, feedForwardNorm, into: scratch.normed, runtime)
    feedForward.backward(
      upper, x: middle, into: scratch.normedGradient, tape: tape, gradients.feedForward, scratch: scratch,
      view: view, runtime)
    add(
      scratch.normedGradient, x: tape.middle, feedForwardNorm, tape.middleStatistics, into: dx,
      gradients.feedForwardNorm, runtime)

    view?.see(.residMid, dx)
    view?.see(.attentionOut, dx)
    let lower = below(
      dx, attentionPostNorm, tape.attentionBranch, tape.attentionPostStatistics, gradients.attentionPostNorm,
      scratch, runtime)
    let input = normed(tape.input, attentionNorm, into: scratch.normed, runtime)
    attention.backward(
      lower, x: input, into: scratch.normedGradient, tape: tape, segments: segments, rotary: rotary,
      gradients.attention, scratch: scratch, view: view, runtime)
    add(
      scratch.normedGradient, x: tape.input, attentionNorm, tape.inputStatistics, into: dx,
      gradients.attentionNorm, runtime)
  }

  /// The gradient below the norm after a half of the block: dx itself where there is none.
  private func below(
    _ dx: Tensor, _ norm: Norm?, _ branch: Tensor?, _ statistics: Norm.Statistics?,
    _ gradients: Norm.Gradients, _ scratch: BackwardScratch, _ runtime: Runtime
  ) -> Tensor {
    guard let norm, let branch, let statistics, let room = scratch.branchGradient else { return dx }
    norm.backward(dx, x: branch, statistics: statistics, into: room, accumulate: false, gradients, runtime)
    return room
  }

  /// Adds the gradient of what a half of the block reads to that of the residual stream.
  private func add(
    _ gradient: Tensor, x: Tensor, _ norm: Norm?, _ statistics: Norm.Statistics?, into dx: Tensor,
    _ gradients: Norm.Gradients, _ runtime: Runtime
  ) {
    guard let norm, let statistics else { return runtime.add(gradient, into: dx) }
    norm.backward(gradient, x: x, statistics: statistics, into: dx, accumulate: true, gradients, runtime)
  }
}
