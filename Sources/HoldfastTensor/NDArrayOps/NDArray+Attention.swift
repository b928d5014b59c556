extension NDArray {
  /// softmax(scale q kᵀ) v of queries [B, T, H, E] over keys and values [B, S, K, E], where H is a multiple of K and
  /// successive heads share a kv-head; and the log of the sum of exp of every query's scores, [B, T, H].
  ///
  /// Causal attention is the engine's own op; its bits do not depend on how a text is cut. Without causality, scores are
  /// written out: B · H · T · S numbers.
  public static func attention(
    _ q: NDArray, _ k: NDArray, _ v: NDArray, rule: AttentionRule = AttentionRule(),
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (output: NDArray, logSumExp: NDArray) {
    let shape = try AttentionShape(q, k, v, rule)
    guard rule.isCausal else { return try OpenAttention(q, k, v, shape, runtime).forward() }
    let (queries, keys) = (try q.tensor("queries", on: runtime), try k.tensor("keys", on: runtime))
    let values = try v.tensor("values", on: runtime)
    let output = try Tensor(uninitialized: q.shape)
    let lse = try Tensor(uninitialized: [shape.batches, shape.queries, shape.heads])
    guard output.count > 0 else { return (NDArray(output), NDArray(lse)) }
    let before = shape.keys - shape.queries
    let own = try before == 0 ? (keys, values) : (k.ends(before, runtime), v.ends(before, runtime))
    let (allKeys, allValues) = (shape.rows(keys), shape.rows(values))
    let segments = (0..<shape.batches).map { batch in
      let start = batch * shape.keys
      return AttentionSegment(
        rows: batch * shape.queries..<(batch + 1) * shape.queries,
        context: before == 0
          ? [] : [KeyValueRange(keys: allKeys, values: allValues, rows: start..<start + before)])
    }
    let watch = MemoryWatch()
    runtime.attention(
      queries: shape.rows(queries), keys: shape.rows(own.0), values: shape.rows(own.1), heads: shape.heads,
      kvHeads: shape.kvHeads, segments: segments, scale: shape.scale, window: rule.window,
      softcap: rule.softcap,
      into: shape.rows(output), logSumExp: lse)
    try watch.check()
    return (NDArray(output), NDArray(lse))
  }

  /// The gradients of the queries, keys and values of ``attention(_:_:_:rule:on:)``.
  public static func attentionBackward(
    _ gradient: NDArray, _ q: NDArray, _ k: NDArray, _ v: NDArray, rule: AttentionRule = AttentionRule(),
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (queries: NDArray, keys: NDArray, values: NDArray) {
    let shape = try AttentionShape(q, k, v, rule)
    try gradient.expect(q.shape, "gradient")
    guard rule.isCausal, shape.keys == shape.queries else {
      return try OpenAttention(q, k, v, shape, runtime).backward(gradient)
    }
    let (output, lse) = try attention(q, k, v, rule: rule, on: runtime)
    let (queries, keys) = (try q.tensor("queries", on: runtime), try k.tensor("keys", on: runtime))
    let values = try v.tensor("values", on: runtime)
    let (dq, dk, dv) = (try Tensor(zeros: q.shape), try Tensor(zeros: k.shape), try Tensor(zeros: v.shape))
    guard dq.count > 0 else { return (NDArray(dq), NDArray(dk), NDArray(dv)) }
    let segments = (0..<shape.batches).map {
      AttentionSegment(rows: $0 * shape.queries..<($0 + 1) * shape.queries)
    }
    let watch = MemoryWatch()
    runtime.attentionBackward(
      shape.rows(try gradient.tensor("gradient", on: runtime)), queries: shape.rows(queries),
      keys: shape.rows(keys),
      values: shape.rows(values), output: shape.rows(try output.tensor()), logSumExp: try lse.tensor(),
      heads: shape.heads, kvHeads: shape.kvHeads, segments: segments, scale: shape.scale, window: rule.window,
      softcap: rule.softcap, into: shape.rows(dq), shape.rows(dk), shape.rows(dv))
    try watch.check()
    return (NDArray(dq), NDArray(dk), NDArray(dv))
  }

  /// The rows of axis 1 from one on, without gaps.
  private func ends(_ start: Int, _ runtime: Runtime) throws(HoldfastError) -> Tensor {
    try slice(axis: 1, start: start).tensor("keys", on: runtime)
  }
}

extension AttentionShape {
  /// A tensor [B, T, heads, E] as the ops take it, [B · T, heads · E].
  func rows(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0] * x.shape[1], x.shape[2] * x.shape[3]]) }
}
