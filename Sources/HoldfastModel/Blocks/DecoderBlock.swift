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
  func forward(
    _ x: Tensor, keys: Tensor, values: Tensor, segments: [AttentionSegment], rotary: RotarySlices,
    scratch: BlockScratch, saved: BlockTape?, runtime: Runtime
  ) {
    saved?.input.copy(from: x)
    let branch = scratch.normed
    let read = normed(x, attentionNorm, into: branch, saved?.inputStatistics, runtime)
    attention.forward(
      read, into: branch, keys: keys, values: values, segments: segments, rotary: rotary, scratch: scratch,
      saved: saved, runtime)
    let attended = postNormed(
      branch, attentionPostNorm, saved?.attentionBranch, saved?.attentionPostStatistics, runtime)

    if let second = scratch.second {
      let read = normed(x, feedForwardNorm, into: second, saved?.middleStatistics, runtime)
      feedForward.forward(read, into: second, scratch: scratch, saved: saved, runtime)
      runtime.add(attended, into: second)
      runtime.add(second, into: x)
      return
    }
    runtime.add(attended, into: x)
    saved?.middle.copy(from: x)
    let middle = normed(x, feedForwardNorm, into: branch, saved?.middleStatistics, runtime)
    feedForward.forward(middle, into: branch, scratch: scratch, saved: saved, runtime)
    runtime.add(
      postNormed(
        branch, feedForwardPostNorm, saved?.feedForwardBranch, saved?.feedForwardPostStatistics, runtime),
      into: x)
  }

  /// What a half of the block reads: norm(x) in `room`, or x itself.
  func normed(
    _ x: Tensor, _ norm: Norm?, into room: Tensor, _ statistics: Norm.Statistics?, _ runtime: Runtime
  ) -> Tensor {
    guard let norm else { return x }
    norm.forward(x, into: room, statistics: statistics, runtime)
    return room
  }

  /// The norm after a half of the block, in place; what goes into it is kept where the backward pass needs it.
  private func postNormed(
    _ branch: Tensor, _ norm: Norm?, _ saved: Tensor?, _ statistics: Norm.Statistics?, _ runtime: Runtime
  ) -> Tensor {
    guard let norm else { return branch }
    saved?.copy(from: branch)
    norm.forward(branch, into: branch, statistics: statistics, runtime)
    return branch
  }
}
