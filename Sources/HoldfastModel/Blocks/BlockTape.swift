import HoldfastTensor

/// What one block's backward pass needs of its forward pass; norms and the gated product are computed again instead.
///
/// 5,760 floats a token at SmolLM2-135M's sizes, a tenth of what keeping everything would take.
struct BlockTape {
  /// The residual stream before the block [T,D], and between its halves where they stand one after another.
  let input, middle: Tensor
  let inputStatistics, middleStatistics: Norm.Statistics?
  /// Rotated queries [T,H·E], rotated keys and values [T,K·E], attention's output [T,H·E] and log-sum-exp [T,H].
  let queries, keys, values, attended, logSumExp: Tensor
  /// Queries and keys before their norms.
  let rawQueries, rawKeys: Tensor?
  let queryStatistics, keyStatistics: Norm.Statistics?
  /// Feed-forward [T,F]; up stands for the missing gate.
  let gate, up: Tensor
  /// The halves' outputs before the norms after them [T,D].
  let attentionBranch, feedForwardBranch: Tensor?
  let attentionPostStatistics, feedForwardPostStatistics: Norm.Statistics?

  init(_ c: ModelConfiguration, _ block: DecoderBlock, layer: Int, tokens: Int, arena: Arena)
    throws(HoldfastError)
  {
    func room(_ purpose: String, _ width: Int) throws(HoldfastError) -> Tensor {
      try arena.tensor("\(purpose) \(layer)", [tokens, width])
    }
    func statistics(_ purpose: String, _ norm: Norm?, _ width: Int) throws(HoldfastError) -> Norm.Statistics?
    {
      guard let norm else { return nil }
      return try Norm.Statistics(
        norm.kind, rows: tokens * width / norm.weight.count, "\(purpose) \(layer)", arena)
    }
    input = try room("input", c.width)
    inputStatistics = try statistics("input", block.attentionNorm, c.width)
    middle = block.isParallel ? input : try room("middle", c.width)
    middleStatistics = try statistics("middle", block.feedForwardNorm, c.width)
    queries = try room("queries", c.queryWidth)
    keys = try room("keys", c.kvWidth)
    values = try room("values", c.kvWidth)
    attended = try room("attended", c.queryWidth)
    logSumExp = try room("lse", c.heads)
    rawQueries = block.attention.queryNorm == nil ? nil : try room("raw queries", c.queryWidth)
    rawKeys = block.attention.keyNorm == nil ? nil : try room("raw keys", c.kvWidth)
    queryStatistics = try statistics("query", block.attention.queryNorm, c.queryWidth)
    keyStatistics = try statistics("key", block.attention.keyNorm, c.kvWidth)
    up = try room("up", c.feedForward)
    gate = block.feedForward.gate == nil ? up : try room("gate", c.feedForward)
    attentionBranch = block.attentionPostNorm == nil ? nil : try room("attention branch", c.width)
    feedForwardBranch = block.feedForwardPostNorm == nil ? nil : try room("feed-forward branch", c.width)
    attentionPostStatistics = try statistics("attention post", block.attentionPostNorm, c.width)
    feedForwardPostStatistics = try statistics("feed-forward post", block.feedForwardPostNorm, c.width)
  }
}
