import HoldfastTensor

/// Attention of a block: queries, keys and values from x [T,D], and the way back to [T,D].
///
/// Shapes: queries [T,H·E], keys and values [T,K·E].
struct Attention: @unchecked Sendable {
  let query, key, value, output: Projection
  let queryNorm, keyNorm: Norm?
  let heads, kvHeads: Int
  let scale: Float
  let softcap: Float?
  let window: Int?
  let isLocal: Bool

  /// Where the gradients of its parts accumulate.
  struct Gradients {
    let query, key, value, output: Projection.Gradients
    let queryNorm, keyNorm: Norm.Gradients
  }

  /// Runs attention on x, the normed residual stream.
  ///
  /// - Parameters:
  ///   - keys, values: where the rotated keys and the values go; what later rows attend to.
  ///   - y: the output [T,D]; may be x.
  func forward(
    _ x: Tensor, into y: Tensor, keys: Tensor, values: Tensor, segments: [AttentionSegment],
    rotary: RotarySlices, scratch: BlockScratch, saved: BlockTape?, hooks: LayerHooks?, _ runtime: Runtime
  ) throws(HoldfastError) {
    let queries = saved?.queries ?? scratch.queries
    let attended = saved?.attended ?? scratch.attended
    try project(
      x, query, queryNorm, into: queries, raw: saved?.rawQueries, statistics: saved?.queryStatistics,
      scratch.adapter, hooks, .query, runtime)
    try project(
      x, key, keyNorm, into: keys, raw: saved?.rawKeys, statistics: saved?.keyStatistics, scratch.adapter,
      hooks, .key, runtime)
    value.forward(x, into: values, scratch.adapter, runtime)
    try hooks?.visit(.value, values, heads: kvHeads)
    if let turn = rotary.slice(isLocal: isLocal) {
      turn.rotate(queries, heads: heads, inverse: false, runtime)
      turn.rotate(keys, heads: kvHeads, inverse: false, runtime)
      try hooks?.visit(.rotatedQuery, queries, heads: heads)
      try hooks?.visit(.rotatedKey, keys, heads: kvHeads)
    }
    runtime.attention(
      queries: queries, keys: keys, values: values, heads: heads, kvHeads: kvHeads, segments: segments,
      scale: scale, window: window, softcap: softcap, into: attended, logSumExp: saved?.logSumExp)
    if let hooks {
      try visitPattern(
        queries: queries, keys: keys, values: values, segments: segments, attended: attended, hooks, runtime)
      try hooks.visit(.attended, attended, heads: heads)
    }
    output.forward(attended, into: y, scratch.adapter, runtime)
    if let hooks { try visitResult(attended, into: y, hooks, scratch.adapter, runtime) }
  }

  /// Queries or keys, normed where the model does; the norm's input is kept where the backward pass needs it.
  private func project(
    _ x: Tensor, _ projection: Projection, _ norm: Norm?, into y: Tensor, raw: Tensor?,
    statistics: Norm.Statistics?, _ scratch: AdapterScratch, _ hooks: LayerHooks?, _ site: Site.Kind,
    _ runtime: Runtime
  ) throws(HoldfastError) {
    let projected = raw ?? y
    projection.forward(x, into: projected, scratch, runtime)
    try hooks?.visit(site, projected, heads: site == .query ? heads : kvHeads)
    norm?.forward(projected, into: y, statistics: statistics, runtime)
  }

  /// dx [T,D] = the gradient of x, from that of the output dy [T,D]; adds the gradients of the parts.
  func backward(
    _ dy: Tensor, x: Tensor, into dx: Tensor, tape: BlockTape, segments: [AttentionSegment],
    rotary: RotarySlices, _ gradients: Gradients, scratch: BackwardScratch, view: LayerGradientView?,
    _ runtime: Runtime
  ) {
    view?.seeResult(dy)
    output.backward(
      dy, x: tape.attended, into: scratch.attended, accumulate: false, gradients.output, scratch.adapter,
      runtime)
    view?.see(.attended, scratch.attended)
    runtime.attentionBackward(
      scratch.attended, queries: tape.queries, keys: tape.keys, values: tape.values, output: tape.attended,
      logSumExp: tape.logSumExp, heads: heads, kvHeads: kvHeads, segments: segments, scale: scale,
      window: window, softcap: softcap, into: scratch.queries, scratch.keys, scratch.values)
    view?.see(.rotatedQuery, scratch.queries)
    view?.see(.rotatedKey, scratch.keys)
    if let turn = rotary.slice(isLocal: isLocal) {
      turn.rotate(scratch.queries, heads: heads, inverse: true, runtime)
      turn.rotate(scratch.keys, heads: kvHeads, inverse: true, runtime)
    }
    if let queryNorm, let keyNorm, let rawQueries = tape.rawQueries, let rawKeys = tape.rawKeys,
      let queryStatistics = tape.queryStatistics, let keyStatistics = tape.keyStatistics
    {
      // The tape's rotated queries and keys have done their duty: their room takes the gradients below the norms.
      queryNorm.backward(
        scratch.queries, x: rawQueries, statistics: queryStatistics, into: tape.queries, accumulate: false,
        gradients.queryNorm, runtime)
      keyNorm.backward(
        scratch.keys, x: rawKeys, statistics: keyStatistics, into: tape.keys, accumulate: false,
        gradients.keyNorm, runtime)
    }
    let queries = queryNorm == nil ? scratch.queries : tape.queries
    let keys = keyNorm == nil ? scratch.keys : tape.keys
    view?.see(.query, queries)
    view?.see(.key, keys)
    view?.see(.value, scratch.values)
    let room = scratch.adapter
    query.backward(queries, x: x, into: dx, accumulate: false, gradients.query, room, runtime)
    key.backward(keys, x: x, into: dx, accumulate: true, gradients.key, room, runtime)
    value.backward(scratch.values, x: x, into: dx, accumulate: true, gradients.value, room, runtime)
  }
}
