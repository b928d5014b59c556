import HoldfastTensor

/// What one block's backward pass needs of its forward pass; norms and the gated product are computed again instead.
///
/// 5,760 floats a token at SmolLM2-135M's sizes, a tenth of what keeping everything would take.
struct BlockTape {
  /// The residual stream before the block and between its halves [T,D], with the inverse RMS of each row [T].
  let input, inputInverseRMS, middle, middleInverseRMS: Tensor
  /// Rotated queries [T,H·E], rotated keys and values [T,K·E], attention's output [T,H·E] and log-sum-exp [T,H].
  let queries, keys, values, attended, logSumExp: Tensor
  /// Feed-forward [T,F].
  let gate, up: Tensor

  init(_ c: ModelConfiguration, layer: Int, tokens: Int, arena: Arena) throws(HoldfastError) {
    func room(_ purpose: String, _ shape: [Int]) throws(HoldfastError) -> Tensor {
      try arena.tensor("\(purpose) \(layer)", shape)
    }
    input = try room("input", [tokens, c.width])
    inputInverseRMS = try room("input rms", [tokens])
    middle = try room("middle", [tokens, c.width])
    middleInverseRMS = try room("middle rms", [tokens])
    queries = try room("queries", [tokens, c.queryWidth])
    keys = try room("keys", [tokens, c.kvWidth])
    values = try room("values", [tokens, c.kvWidth])
    attended = try room("attended", [tokens, c.queryWidth])
    logSumExp = try room("lse", [tokens, c.heads])
    gate = try room("gate", [tokens, c.feedForward])
    up = try room("up", [tokens, c.feedForward])
  }
}
