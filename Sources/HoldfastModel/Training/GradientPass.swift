import HoldfastStorage
public import HoldfastTensor

/// Forward and backward over packed sequences: no padding, attention within each sequence only, logits and
/// cross-entropy at the targets only and a few rows at a time.
///
/// Reads the model's parameters anew on every call, so that an optimiser may change them in between. One thread at a time.
public final class GradientPass {
  private let model: Model
  private let runtime: Runtime
  private let arena = Arena()
  private let rotary: RotaryTable
  private let layout: BlockLayout

  /// Rows of logits held at once.
  private static let logitRows = 256

  /// - Throws: `invalidArgument` when the model has no parameters to train.
  public init(_ model: Model, runtime: Runtime = .shared) throws(HoldfastError) {
    guard model.parameters != nil else {
      throw HoldfastError(
        .invalidArgument,
        "the model has no parameters to train; give it some with `with(Parameters(copying:))`")
    }
    self.model = model
    self.runtime = runtime
    rotary = try RotaryTable(headWidth: model.configuration.headWidth, theta: model.configuration.ropeTheta)
    layout = BlockLayout(model.weights)
  }

  /// Adds the gradients of `scale · Σ −log P(target)` and returns the unscaled sum, in nats, added to `sum`.
  ///
  /// - Parameters:
  ///   - sequences: computed together; memory grows with their tokens.
  ///   - scale: one over the number of targets of the whole step, for a mean.
  ///   - gradients: must belong to a model of the same shape; `finish()` them after the last call of a step.
  ///   - sum: what earlier calls of the step returned; the sum, too, is one chain over the targets in order.
  /// - Throws: what `TrainingSequence.validate` throws, with the sequence's index.
  public func accumulate(
    _ sequences: [TrainingSequence], scale: Float, into gradients: Gradients, after sum: Double = 0
  ) throws(HoldfastError) -> Double {
    let c = model.configuration
    var plan = Plan()
    for (index, sequence) in sequences.enumerated() {
      do { try sequence.validate(c) } catch { throw error.at("sequence \(index)") }
      plan.append(sequence)
    }
    guard !plan.tokens.isEmpty else { return sum }

    let blocks = try layout.blocks.map { s throws(HoldfastError) in
      try DecoderBlock(
        c, s, norm: { slot throws(HoldfastError) in try self.parameter(slot) },
        matrix: { slot throws(HoldfastError) in .plain(try self.parameter(slot)) })
    }
    let tokens = plan.tokens.count
    let x = try arena.tensor("residual", [tokens, c.width])
    let slice = try rotary.slice(plan.positions, count: plan.length)
    var tapes: [BlockTape] = []
    runtime.embed(plan.tokens, table: try parameter(layout.embedding), into: x)
    do {
      let scratch = try BlockScratch(c, tokens: tokens, training: true, arena: arena)
      for (layer, block) in blocks.enumerated() {
        let tape = try BlockTape(c, layer: layer, tokens: tokens, arena: arena)
        tapes.append(tape)
        block.forward(
          x, keys: tape.keys, values: tape.values, segments: plan.segments, rotary: slice, scratch: scratch,
          saved: tape, runtime: runtime)
      }
    }

    let dx = try arena.tensor("residual gradient", [tokens, c.width])
    let loss = try head(x, plan, scale: scale, into: dx, gradients, after: sum)

    let scratch = try DecoderBlock.BackwardScratch(c, tokens: tokens, arena: arena)
    for layer in blocks.indices.reversed() {
      let s = layout.blocks[layer]
      try blocks[layer].backward(
        dx, tape: tapes[layer], segments: plan.segments, rotary: slice,
        gradients: DecoderBlock.Gradients(
          inputNorm: try gradients.tensor(s.inputNorm), query: try gradients.tensor(s.query),
          key: try gradients.tensor(s.key), value: try gradients.tensor(s.value),
          attentionOutput: try gradients.tensor(s.attentionOutput),
          feedForwardNorm: try gradients.tensor(s.feedForwardNorm), gate: try gradients.tensor(s.gate),
          up: try gradients.tensor(s.up), down: try gradients.tensor(s.down)),
        scratch: scratch, runtime: runtime)
    }
    try gradients.accumulateLookup(dx, tokens: plan.tokens, runtime: runtime)
    return loss
  }

  /// Loss and gradients above the blocks: final norm, output projection, cross-entropy at the target rows.
  private func head(
    _ x: Tensor, _ plan: Plan, scale: Float, into dx: Tensor, _ gradients: Gradients,
    after sum: Double
  ) throws(HoldfastError) -> Double {
    let c = model.configuration
    let norm = try parameter(layout.finalNorm)
    let output = try parameter(layout.output)
    dx.fill(0)
    var loss = sum
    for start in stride(from: 0, to: plan.rows.count, by: Self.logitRows) {
      let range = start..<min(start + Self.logitRows, plan.rows.count)
      let picked = try arena.tensor("picked", [range.count, c.width])
      let normed = try arena.tensor("final", [range.count, c.width])
      let normedGradient = try arena.tensor("final gradient", [range.count, c.width])
      let pickedGradient = try arena.tensor("picked gradient", [range.count, c.width])
      let inverseRMS = try arena.tensor("final rms", [range.count])
      let logits = try arena.tensor("logits", [range.count, c.vocabularySize])
      for (i, r) in range.enumerated() { picked.row(i).copy(from: x.row(plan.rows[r])) }
      runtime.rmsNorm(picked, weight: norm, epsilon: c.normEpsilon, into: normed, inverseRMS: inverseRMS)
      runtime.linear(normed, output, into: logits)
      let losses = runtime.crossEntropy(
        logits: logits, targets: Array(plan.targets[range]), scale: scale, gradient: true)
      for value in losses { loss += Double(value) }
      runtime.linearBackwardWeight(logits, normed, into: try gradients.tensor(layout.output))
      runtime.linearBackwardInput(logits, output, into: normedGradient, accumulate: false)
      runtime.rmsNormBackward(
        normedGradient, x: picked, weight: norm, inverseRMS: inverseRMS, into: pickedGradient,
        accumulate: false,
        weightGradient: try gradients.tensor(layout.finalNorm))
      for (i, r) in range.enumerated() { dx.row(plan.rows[r]).copy(from: pickedGradient.row(i)) }
    }
    return loss
  }

  private func parameter(_ slot: Architecture.Slot) throws(HoldfastError) -> Tensor {
    guard let tensor = model.parameters?[slot.name] else {
      throw HoldfastError(.invalidArgument, "the model's parameters have no tensor '\(slot.name.text)'")
    }
    return tensor
  }

  /// Sequences laid one after another, each up to its last target: later tokens teach nothing.
  private struct Plan {
    var tokens: [Int32] = []
    var positions: [Int32] = []
    var segments: [AttentionSegment] = []
    /// Rows with a target, ascending, and their targets.
    var rows: [Int] = []
    var targets: [Int32] = []
    var length = 0

    mutating func append(_ sequence: TrainingSequence) {
      let start = tokens.count
      var end = 0
      for t in 1..<sequence.labels.count where sequence.labels[t] != TrainingSequence.ignored {
        rows.append(start + t - 1)
        targets.append(sequence.labels[t])
        end = t
      }
      tokens += sequence.tokens[..<end]
      positions += (0..<end).map { Int32(truncatingIfNeeded: $0) }
      segments.append(AttentionSegment(rows: start..<(start + end), context: []))
      length = max(length, end)
    }
  }
}

extension Model {
  /// The mean −log P(target) of a sequence and the gradients of all parameters, as `loss.backward()` would leave them.
  ///
  /// A model without parameters is copied to float32 for the call.
  public func lossAndGradients(
    _ sequence: TrainingSequence, runtime: Runtime = .shared
  ) throws(HoldfastError) -> (loss: Double, gradients: Gradients) {
    try sequence.validate(configuration)
    let model = parameters == nil ? with(try Parameters(copying: self)) : self
    let gradients = try Gradients(model)
    let targets = sequence.targetCount
    let sum = try GradientPass(model, runtime: runtime)
      .accumulate([sequence], scale: 1 / Float(targets), into: gradients)
    try gradients.finish(runtime: runtime)
    return (sum / Double(targets), gradients)
  }
}
