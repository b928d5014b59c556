import HoldfastTensor

/// Room for what one block computes and nobody keeps; used by block after block.
struct BlockScratch {
  let normed, queries, attended, gate, up, hidden: Tensor
  /// For the second half of a block whose halves stand side by side.
  let second: Tensor?
  let adapter: AdapterScratch

  /// - Parameter training: whether queries, attention and gates go to a tape instead.
  init(_ model: Model, tokens: Int, training: Bool, arena: Arena) throws(HoldfastError) {
    let c = model.configuration
    adapter = try AdapterScratch(model, tokens: tokens, training: training, arena: arena)
    normed = try arena.tensor("normed", [tokens, c.width])
    hidden = try arena.tensor("hidden", [tokens, c.feedForward])
    queries = training ? normed : try arena.tensor("queries", [tokens, c.queryWidth])
    attended = training ? normed : try arena.tensor("attended", [tokens, c.queryWidth])
    gate = training || !c.gated ? hidden : try arena.tensor("gate", [tokens, c.feedForward])
    up = training ? hidden : try arena.tensor("up", [tokens, c.feedForward])
    second = c.parallelResidual ? try arena.tensor("second", [tokens, c.width]) : nil
  }
}

/// Room for the backward pass of one block; used by block after block.
struct BackwardScratch {
  let normed, normedGradient, hidden, hiddenGradient: Tensor
  let queries, attended, keys, values: Tensor
  /// Below the norms after a block's halves, where there are any.
  let branchGradient: Tensor?
  /// For the second half of a block whose halves stand side by side.
  let second: Tensor?
  let adapter: AdapterScratch

  init(_ model: Model, hasPostNorms: Bool, tokens: Int, arena: Arena) throws(HoldfastError) {
    let c = model.configuration
    adapter = try AdapterScratch(model, tokens: tokens, training: true, arena: arena)
    normed = try arena.tensor("normed", [tokens, c.width])
    normedGradient = try arena.tensor("normed gradient", [tokens, c.width])
    hidden = try arena.tensor("hidden", [tokens, c.feedForward])
    hiddenGradient = try arena.tensor("hidden gradient", [tokens, c.feedForward])
    queries = try arena.tensor("queries gradient", [tokens, c.queryWidth])
    attended = try arena.tensor("attended gradient", [tokens, c.queryWidth])
    keys = try arena.tensor("keys gradient", [tokens, c.kvWidth])
    values = try arena.tensor("values gradient", [tokens, c.kvWidth])
    branchGradient = hasPostNorms ? try arena.tensor("branch gradient", [tokens, c.width]) : nil
    second = c.parallelResidual ? try arena.tensor("second", [tokens, c.width]) : nil
  }
}
