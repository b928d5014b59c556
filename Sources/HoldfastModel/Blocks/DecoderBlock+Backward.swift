import HoldfastTensor

extension DecoderBlock {
  /// Where a block's weight gradients accumulate, in the shapes of the weights.
  struct Gradients {
    let inputNorm, query, key, value, attentionOutput, feedForwardNorm, gate, up, down: Tensor
  }

  /// Room for the backward pass of one block; used by block after block.
  struct BackwardScratch {
    let normed, normedGradient, hidden, hiddenGradient: Tensor
    let queries, attended, keys, values: Tensor

    init(_ c: ModelConfiguration, tokens: Int, arena: Arena) throws(HoldfastError) {
      normed = try arena.tensor("normed", [tokens, c.width])
      normedGradient = try arena.tensor("normed gradient", [tokens, c.width])
      hidden = try arena.tensor("hidden", [tokens, c.feedForward])
      hiddenGradient = try arena.tensor("hidden gradient", [tokens, c.feedForward])
      queries = try arena.tensor("queries gradient", [tokens, c.queryWidth])
      attended = try arena.tensor("attended gradient", [tokens, c.queryWidth])
      keys = try arena.tensor("keys gradient", [tokens, c.kvWidth])
      values = try arena.tensor("values gradient", [tokens, c.kvWidth])
    }
  }

  /// Turns the gradient of the block's output, in dx [T,D], into that of its input, and adds the weights' gradients.
  ///
  /// Weight gradients are chains over tokens in order, so cutting a batch between sequences does not change their bits.
  /// The tape's gate and up are overwritten.
  func backward(
    _ dx: Tensor, tape: BlockTape, segments: [AttentionSegment], rotary: RotaryTable.Slice,
    gradients: Gradients,
    scratch: BackwardScratch, runtime: Runtime
  ) throws(HoldfastError) {
    guard case .plain(let query) = query, case .plain(let key) = key, case .plain(let value) = value,
      case .plain(let attentionOutput) = attentionOutput, case .plain(let gate) = gate,
      case .plain(let up) = up,
      case .plain(let down) = down
    else { throw HoldfastError(.internal, "gradients need plain weights") }

    // x = middle + down(silu(gate(n)) * up(n)), n = norm(middle)
    runtime.gated(.silu, gate: tape.gate, up: tape.up, into: scratch.hidden)
    runtime.linearBackwardWeight(dx, scratch.hidden, into: gradients.down)
    runtime.linearBackwardInput(dx, down, into: scratch.hiddenGradient, accumulate: false)
    runtime.gatedBackward(
      scratch.hiddenGradient, .silu, gate: tape.gate, up: tape.up, into: tape.gate, tape.up)
    runtime.rmsNorm(
      tape.middle, weight: feedForwardNorm, epsilon: shape.normEpsilon, into: scratch.normed, inverseRMS: nil)
    runtime.linearBackwardWeight(tape.gate, scratch.normed, into: gradients.gate)
    runtime.linearBackwardWeight(tape.up, scratch.normed, into: gradients.up)
    runtime.linearBackwardInput(tape.gate, gate, into: scratch.normedGradient, accumulate: false)
    runtime.linearBackwardInput(tape.up, up, into: scratch.normedGradient, accumulate: true)
    runtime.rmsNormBackward(
      scratch.normedGradient, x: tape.middle, weight: feedForwardNorm, inverseRMS: tape.middleInverseRMS,
      into: dx,
      accumulate: true, weightGradient: gradients.feedForwardNorm)

    // middle = input + attentionOutput(attention(q, k, v)), q, k, v from norm(input)
    runtime.linearBackwardWeight(dx, tape.attended, into: gradients.attentionOutput)
    runtime.linearBackwardInput(dx, attentionOutput, into: scratch.attended, accumulate: false)
    runtime.attentionBackward(
      scratch.attended, queries: tape.queries, keys: tape.keys, values: tape.values, output: tape.attended,
      logSumExp: tape.logSumExp, heads: shape.heads, kvHeads: shape.kvHeads, segments: segments,
      scale: attentionScale, into: scratch.queries, scratch.keys, scratch.values)
    rotary.rotate(scratch.queries, heads: shape.heads, inverse: true, runtime)
    rotary.rotate(scratch.keys, heads: shape.kvHeads, inverse: true, runtime)
    runtime.rmsNorm(
      tape.input, weight: inputNorm, epsilon: shape.normEpsilon, into: scratch.normed, inverseRMS: nil)
    runtime.linearBackwardWeight(scratch.queries, scratch.normed, into: gradients.query)
    runtime.linearBackwardWeight(scratch.keys, scratch.normed, into: gradients.key)
    runtime.linearBackwardWeight(scratch.values, scratch.normed, into: gradients.value)
    runtime.linearBackwardInput(scratch.queries, query, into: scratch.normedGradient, accumulate: false)
    runtime.linearBackwardInput(scratch.keys, key, into: scratch.normedGradient, accumulate: true)
    runtime.linearBackwardInput(scratch.values, value, into: scratch.normedGradient, accumulate: true)
    runtime.rmsNormBackward(
      scratch.normedGradient, x: tape.input, weight: inputNorm, inverseRMS: tape.inputInverseRMS, into: dx,
      accumulate: true, weightGradient: gradients.inputNorm)
  }
}
