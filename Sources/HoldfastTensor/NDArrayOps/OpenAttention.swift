/// Attention with its scores written out, composed of products and softmax: for queries that see keys behind them, and
/// for gradients of queries at the end of a longer text.
struct OpenAttention {
  private let q: NDArray  // [B, K, G, T, E]
  private let k: NDArray  // [B, K, 1, S, E], likewise v
  private let v: NDArray
  private let shape: AttentionShape
  private let runtime: Runtime

  init(_ q: NDArray, _ k: NDArray, _ v: NDArray, _ shape: AttentionShape, _ runtime: Runtime)
    throws(HoldfastError)
  {
    self.shape = shape
    self.runtime = runtime
    self.q = try OpenAttention.split(q, shape)
    self.k = try k.transposed([0, 2, 1, 3]).inserting(axis: 2)
    self.v = try v.transposed([0, 2, 1, 3]).inserting(axis: 2)
  }

  func forward() throws(HoldfastError) -> (output: NDArray, logSumExp: NDArray) {
    let scores = try masked(try capped())
    let output = try scores.softmax(on: runtime).matmul(v, on: runtime)
    let lse = try scores.reduced(.logSumExp, axes: [-1], on: runtime).transposed([0, 3, 1, 2])
    return (
      try joined(output),
      try lse.contiguous(on: runtime).reshaped([shape.batches, shape.queries, shape.heads])
    )
  }

  func backward(_ gradient: NDArray) throws(HoldfastError) -> (
    queries: NDArray, keys: NDArray, values: NDArray
  ) {
    let capped = try capped()
    let pattern = try masked(try capped.copied(on: runtime)).softmax(on: runtime)
    let dy = try OpenAttention.split(gradient, shape)
    let dv = try pattern.matmul(dy, transposeA: true, on: runtime)
    let dpattern = try dy.matmul(v, transposeB: true, on: runtime)
    let dscores = try NDArray.softmaxBackward(dpattern, result: pattern, on: runtime)
    let d = try dscores.tensor("gradient", on: runtime)
    if let cap = shape.rule.softcap { runtime.softcapBackward(d, capped: try capped.tensor(), cap: cap) }
    runtime.scale(d, by: shape.scale)
    let dq = try dscores.matmul(k, on: runtime)
    let dk = try dscores.matmul(q, transposeA: true, on: runtime)
    return (try joined(dq), try summed(dk), try summed(dv))
  }

  /// scale q·k with the cap, [B, K, G, T, S].
  private func capped() throws(HoldfastError) -> NDArray {
    let scores = try q.matmul(k, transposeB: true, on: runtime)
    let tensor = try scores.tensor()
    runtime.scale(tensor, by: shape.scale)
    if let cap = shape.rule.softcap { runtime.softcap(tensor, cap: cap) }
    return scores
  }

  /// Scores with -∞ where a query does not look, in place.
  private func masked(_ scores: NDArray) throws(HoldfastError) -> NDArray {
    let (tensor, shape) = (try scores.tensor(), shape)
    guard tensor.count > 0 else { return scores }
    runtime.parallel(tensor.count / shape.keys, grain: runtime.grain(shape.keys)) { rows in
      for row in rows {
        let (line, seen) = (tensor.pointer + row * shape.keys, shape.seen(by: row % shape.queries))
        for key in 0..<shape.keys where !seen.contains(key) { line[key] = -.infinity }
      }
    }
    return scores
  }

  /// [B, T, H, E] as [B, K, G, T, E].
  private static func split(_ x: NDArray, _ shape: AttentionShape) throws(HoldfastError) -> NDArray {
    try x.reshaped([shape.batches, shape.queries, shape.kvHeads, shape.heads / shape.kvHeads, shape.width])
      .transposed([0, 2, 3, 1, 4])
  }

  /// [B, K, G, T, E] as [B, T, H, E].
  private func joined(_ x: NDArray) throws(HoldfastError) -> NDArray {
    try x.transposed([0, 3, 1, 2, 4]).contiguous(on: runtime)
      .reshaped([shape.batches, shape.queries, shape.heads, shape.width])
  }

  /// [B, K, G, S, E], summed over the heads of a kv-head, as [B, S, K, E].
  private func summed(_ x: NDArray) throws(HoldfastError) -> NDArray {
    try x.reduced(.sum, axes: [2], on: runtime).transposed([0, 2, 1, 3]).contiguous(on: runtime)
  }
}
