import HoldfastTensor

/// One block: x += attention(norm(x)), then x += feedForward(norm(x)).
///
/// Shapes: x [T,D], queries [T,H·E], keys and values [T,K·E], gate and up [T,F].
struct DecoderBlock: @unchecked Sendable {
  let shape: ModelConfiguration
  let inputNorm: Tensor
  let query, key, value, attentionOutput: Matrix
  let feedForwardNorm: Tensor
  let gate, up, down: Matrix

  init(
    _ shape: ModelConfiguration, _ slots: BlockLayout.Block,
    norm: (Architecture.Slot) throws(HoldfastError) -> Tensor,
    matrix: (Architecture.Slot) throws(HoldfastError) -> Matrix
  ) throws(HoldfastError) {
    self.shape = shape
    inputNorm = try norm(slots.inputNorm)
    query = try matrix(slots.query)
    key = try matrix(slots.key)
    value = try matrix(slots.value)
    attentionOutput = try matrix(slots.attentionOutput)
    feedForwardNorm = try norm(slots.feedForwardNorm)
    gate = try matrix(slots.gate)
    up = try matrix(slots.up)
    down = try matrix(slots.down)
  }

  /// The scale of attention scores, 1/√E.
  var attentionScale: Float { 1 / Float(shape.headWidth).squareRoot() }

  /// Runs the block in place on x.
  ///
  /// - Parameters:
  ///   - keys, values: where this block's rotated keys and its values go; what later rows attend to.
  ///   - saved: what the backward pass will need, or `nil` for inference.
  func forward(
    _ x: Tensor, keys: Tensor, values: Tensor, segments: [AttentionSegment], rotary: RotaryTable.Slice,
    scratch: BlockScratch, saved: BlockTape?, runtime: Runtime
  ) {
    let queries = saved?.queries ?? scratch.queries
    let attended = saved?.attended ?? scratch.attended
    let gated = saved?.gate ?? scratch.gate
    let upped = saved?.up ?? scratch.up

    saved?.input.copy(from: x)
    runtime.rmsNorm(
      x, weight: inputNorm, epsilon: shape.normEpsilon, into: scratch.normed,
      inverseRMS: saved?.inputInverseRMS)
    runtime.linear(scratch.normed, query, into: queries)
    runtime.linear(scratch.normed, key, into: keys)
    runtime.linear(scratch.normed, value, into: values)
    rotary.rotate(queries, heads: shape.heads, inverse: false, runtime)
    rotary.rotate(keys, heads: shape.kvHeads, inverse: false, runtime)
    runtime.attention(
      queries: queries, keys: keys, values: values, heads: shape.heads, kvHeads: shape.kvHeads,
      segments: segments,
      scale: attentionScale, into: attended, logSumExp: saved?.logSumExp)
    runtime.linear(attended, attentionOutput, into: scratch.normed)
    runtime.add(scratch.normed, into: x)

    saved?.middle.copy(from: x)
    runtime.rmsNorm(
      x, weight: feedForwardNorm, epsilon: shape.normEpsilon, into: scratch.normed,
      inverseRMS: saved?.middleInverseRMS)
    runtime.linear(scratch.normed, gate, into: gated)
    runtime.linear(scratch.normed, up, into: upped)
    runtime.gated(.silu, gate: gated, up: upped, into: scratch.hidden)
    runtime.linear(scratch.hidden, down, into: scratch.normed)
    runtime.add(scratch.normed, into: x)
  }
}
