import HoldfastTensor

/// One block: x += postNorm(attention(norm(x))), then x += postNorm(feedForward(norm(x))); a norm a family lacks is left
/// out, and both halves read the same x where they stand side by side.
struct DecoderBlock: @unchecked Sendable {
  let attentionNorm: Norm?
  let attention: Attention
  let attentionPostNorm: Norm?
  let feedForwardNorm: Norm?
  let feedForward: FeedForward
  let feedForwardPostNorm: Norm?
  let isParallel: Bool

  /// Runs the block in place on x [T,D].
  ///
  /// - Parameters:
  ///   - keys, values: where this block's rotated keys and its values [T,K·E] go; what later rows attend to.
  ///   - saved: what the backward pass will need, or `nil` for inference.
  ///   - hooks: what wants to see or change activations on the way.
  func forward(
    _ x: Tensor, keys: Tensor, values: Tensor, segments: [AttentionSegment], rotary: RotarySlices,
    scratch: BlockScratch, saved: BlockTape?, hooks: LayerHooks? = nil, runtime: Runtime
  ) throws(HoldfastError) {
    try hooks?.visit(.residPre, x)
    saved?.input.copy(from: x)
    let branch = scratch.normed
    let read = try normed(
      x, attentionNorm, into: branch, saved?.inputStatistics, hooks, .attentionNormScale, .attentionNormed,
      runtime)
    try attention.forward(
      read, into: branch, keys: keys, values: values, segments: segments, rotary: rotary, scratch: scratch,
      saved: saved, hooks: hooks, runtime)
    postNorm(branch, attentionPostNorm, saved?.attentionBranch, saved?.attentionPostStatistics, runtime)
    try hooks?.visit(.attentionOut, branch)

    if let second = scratch.second {
      let read = try normed(
        x, feedForwardNorm, into: second, saved?.middleStatistics, hooks, .feedForwardNormScale,
        .feedForwardNormed, runtime)
      try feedForward.forward(read, into: second, scratch: scratch, saved: saved, hooks: hooks, runtime)
      try hooks?.visit(.feedForwardOut, second)
      runtime.add(branch, into: second)
      runtime.add(second, into: x)
      try hooks?.visit(.residPost, x)
      return
    }
    runtime.add(branch, into: x)
    try hooks?.visit(.residMid, x)
    saved?.middle.copy(from: x)
    let middle = try normed(
      x, feedForwardNorm, into: branch, saved?.middleStatistics, hooks, .feedForwardNormScale,
      .feedForwardNormed, runtime)
    try feedForward.forward(middle, into: branch, scratch: scratch, saved: saved, hooks: hooks, runtime)
    postNorm(branch, feedForwardPostNorm, saved?.feedForwardBranch, saved?.feedForwardPostStatistics, runtime)
    try hooks?.visit(.feedForwardOut, branch)
    runtime.add(branch, into: x)
    try hooks?.visit(.residPost, x)
  }

  /// What a half of the block reads: norm(x) in `room`, or x itself.
  func normed(_ x: Tensor, _ norm: Norm?, into room: Tensor, _ runtime: Runtime) -> Tensor {
    guard let norm else { return x }
    norm.forward(x, into: room, statistics: nil, runtime)
    return room
  }

  private func normed(
    _ x: Tensor, _ norm: Norm?, into room: Tensor, _ statistics: Norm.Statistics?, _ hooks: LayerHooks?,
    _ scale: Site.Kind, _ rows: Site.Kind, _ runtime: Runtime
  ) throws(HoldfastError) -> Tensor {
    guard let norm else { return x }
    guard let hooks else {
      norm.forward(x, into: room, statistics: statistics, runtime)
      return room
    }
    try norm.forward(
      x, into: room, statistics: statistics, hooks.hooks, scale: Site(scale, layer: hooks.layer),
      normed: Site(rows, layer: hooks.layer), runtime)
    return room
  }

  /// The norm after a half of the block, in place; what goes into it is kept where the backward pass needs it.
  private func postNorm(
    _ branch: Tensor, _ norm: Norm?, _ saved: Tensor?, _ statistics: Norm.Statistics?, _ runtime: Runtime
  ) {
    guard let norm else { return }
    saved?.copy(from: branch)
    norm.forward(branch, into: branch, statistics: statistics, runtime)
  }
}
