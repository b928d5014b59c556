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
  private let rotary: RotaryTables
  private let penalty: (base: BasePass, weight: Float)?
  private let recomputes: Bool
  private var dropout: DropoutRows?

  /// Rows of logits held at once: 256, or what 64 MiB hold.
  private var logitRows: Int { max(16, min(256, (1 << 24) / model.configuration.vocabularySize)) }

  /// - Parameters:
  ///   - penalty: what a move away from another model costs; nothing without one.
  ///   - recompute: whether a block's activations are computed again on the way back instead of kept, with the same bits: a
  ///     block then keeps its input alone (Chen et al., arXiv 1604.06174).
  /// - Throws: `invalidArgument` when the model has no parameters to train, or the penalty's base another vocabulary or
  ///   context; `unsupported` under interventions.
  public init(
    _ model: Model, penalty: KLPenalty? = nil, recompute: Bool = false, runtime: Runtime = .shared
  ) throws(HoldfastError) {
    recomputes = recompute
    try model.requireNoInterventions("trained")
    try penalty?.base.requireNoInterventions("trained against")
    guard model.parameters != nil else {
      throw HoldfastError(
        .invalidArgument,
        "the model has no parameters to train; give it some with `with(Parameters(copying:))`")
    }
    self.model = model
    self.runtime = runtime
    rotary = try RotaryTables(model.configuration)
    guard let penalty else {
      self.penalty = nil
      return
    }
    let (own, other) = (model.configuration, penalty.base.configuration)
    guard other.vocabularySize == own.vocabularySize, other.contextLength == own.contextLength else {
      throw HoldfastError(
        .invalidArgument,
        "a KL penalty needs a base with the model's \(own.vocabularySize) tokens and context of "
          + "\(own.contextLength), not \(other.vocabularySize) and \(other.contextLength)")
    }
    self.penalty = (try BasePass(penalty.base, arena: arena, runtime: runtime), Float(penalty.weight))
  }

  /// A pass whose way back only the gradients of activations are wanted of; the model needs no parameters to train.
  init(activationsOf model: Model, runtime: Runtime) throws(HoldfastError) {
    try model.requireNoInterventions("differentiated")
    self.model = model
    self.runtime = runtime
    recomputes = false
    penalty = nil
    rotary = try RotaryTables(model.configuration)
  }

  /// A number read off the logits behind the last token, and the gradients that a view wants of it.
  ///
  /// - Parameters:
  ///   - toward: another text of as many tokens, between whose embeddings and the text's own the pass begins, and how far
  ///     it goes towards it: 0 is the text itself.
  func differentiate(
    _ metric: AnswerMetric, _ tokens: [Int32], toward: (tokens: [Int32], share: Float)? = nil,
    _ view: GradientView
  ) throws(HoldfastError) -> Double {
    let c = model.configuration
    var plan = TrainingPlan()
    plan.append(text: tokens)
    let memory = MemoryWatch()
    let source = source(nil)
    let blocks = try (0..<c.layers).map { layer throws(HoldfastError) in
      try DecoderBlock(model.weights, layer: layer, source)
    }
    let x = try arena.tensor("residual", [tokens.count, c.width])
    try model.embed(tokens, positions: plan.positions, into: x, runtime: runtime)
    if let toward {
      let other = try Tensor(uninitialized: x.shape)
      try model.embed(toward.tokens, positions: plan.positions, into: other, runtime: runtime)
      runtime.scale(x, by: 1 - toward.share)
      runtime.scale(other, by: toward.share)
      runtime.add(other, into: x)
    }
    let slices = try rotary.slices(plan.positions, textLengths: plan.textLengths)
    let tapes = try forward(blocks, x, plan, slices)
    let dx = try arena.tensor("residual gradient", [tokens.count, c.width])
    let gradients = Gradients(frozen: c)
    var value = 0.0
    try head(x, rows: [tokens.count - 1], into: dx, gradients) { _, _, logits in
      value = metric.values(logits, runtime)[0]
      metric.differentiate(logits, runtime)
    }
    try backward(blocks, dx, tapes, x, plan, slices, gradients, view: view)
    view.see(.embed, layer: nil, dx)
    try memory.check()
    if let failure = view.failure { throw failure }
    return value
  }

  /// Begins an optimiser step: the adapters' dropout, if they have any, is that of this seed and step from now on.
  ///
  /// Without a call nothing is dropped. Masks depend on the seed, the step and a token's place in the step alone.
  public func begin(step: Int, seed: UInt64) { dropout = DropoutRows(seed: seed, step: step) }

  /// Where the blocks' tensors come from, as they are now.
  private func source(_ dropout: DropoutRows?) -> TensorSource {
    let model = model
    return TensorSource(
      vector: { slot throws(HoldfastError) in try model.materialized(slot, copy: false) },
      matrix: { slot, rows throws(HoldfastError) in try model.trainingMatrix(slot, rows: rows) },
      adapter: { slot, rows throws(HoldfastError) in model.trainingAdapter(slot, rows: rows, dropout) })
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
    var sums = LossSums()
    sums.crossEntropy = sum
    return try accumulate(sequences, scale: scale, into: gradients, after: sums).crossEntropy
  }

  /// The same of the penalized loss, `scale · Σ (−log P(target) + weight · KL(base ‖ model))`; returns both sums.
  public func accumulate(
    _ sequences: [TrainingSequence], scale: Float, into gradients: Gradients, after sums: LossSums
  ) throws(HoldfastError) -> LossSums {
    let c = model.configuration
    var plan = TrainingPlan()
    for (index, sequence) in sequences.enumerated() {
      do { try sequence.validate(c) } catch { throw error.at("sequence \(index)") }
      plan.append(sequence)
    }
    guard !plan.tokens.isEmpty else { return sums }
    let memory = MemoryWatch()
    try penalty?.base.read(plan)

    let source = source(dropout)
    let blocks = try (0..<c.layers).map { layer throws(HoldfastError) in
      try DecoderBlock(model.weights, layer: layer, source)
    }
    let tokens = plan.tokens.count
    let x = try arena.tensor("residual", [tokens, c.width])
    let slices = try rotary.slices(plan.positions, textLengths: plan.textLengths)
    try model.embed(plan.tokens, positions: plan.positions, into: x, runtime: runtime)
    let tapes = try forward(blocks, x, plan, slices)

    let dx = try arena.tensor("residual gradient", [tokens, c.width])
    let after = try head(x, plan, scale: scale, into: dx, gradients, after: sums)

    try backward(blocks, dx, tapes, x, plan, slices, gradients)
    if let learned = gradients.tensor(model.weights.slot(.positionEmbedding)) {
      runtime.embedBackward(dx, tokens: plan.positions, into: learned)
    }
    if gradients.includesEmbedding {
      if c.embeddingScale != 1 { runtime.scale(dx, by: c.embeddingScale) }
      for (t, token) in plan.tokens.enumerated() where token == c.paddingToken { dx.row(t).fill(0) }
      try gradients.accumulateLookup(dx, tokens: plan.tokens, runtime: runtime)
    }
    try memory.check()
    dropout?.tokens += plan.tokens.count
    dropout?.targets += plan.rows.count
    return after
  }

  /// What the way back needs of the blocks.
  private enum Tapes {
    /// All of it, block by block.
    case kept([BlockTape])
    /// What each block read, to compute the rest again.
    case inputs([Tensor])
  }

  /// Runs the blocks in place on x.
  private func forward(
    _ blocks: [DecoderBlock], _ x: Tensor, _ plan: TrainingPlan, _ slices: RotarySlices
  ) throws(HoldfastError) -> Tapes {
    let tokens = plan.tokens.count
    let scratch = try BlockScratch(model, tokens: tokens, training: true, arena: arena)
    var tapes: [BlockTape] = []
    var inputs: [Tensor] = []
    for (layer, block) in blocks.enumerated() {
      if recomputes {
        let input = try arena.tensor("kept input \(layer)", x.shape)
        input.copy(from: x)
        inputs.append(input)
      }
      // One tape serves block after block where nothing is kept.
      let tape = try BlockTape(
        model.configuration, block, layer: recomputes ? 0 : layer, tokens: tokens, arena: arena)
      tapes.append(tape)
      try block.forward(
        x, keys: tape.keys, values: tape.values, segments: plan.segments, rotary: slices, scratch: scratch,
        saved: tape, runtime: runtime)
    }
    return recomputes ? .inputs(inputs) : .kept(tapes)
  }

  /// Turns the gradient behind the blocks, in dx, into that of the embeddings.
  private func backward(
    _ blocks: [DecoderBlock], _ dx: Tensor, _ tapes: Tapes, _ x: Tensor, _ plan: TrainingPlan,
    _ slices: RotarySlices, _ gradients: Gradients, view: GradientView? = nil
  ) throws(HoldfastError) {
    let scratch = try BackwardScratch(
      model, hasPostNorms: blocks.contains { $0.hasPostNorms }, tokens: plan.tokens.count, arena: arena)
    for layer in blocks.indices.reversed() {
      let tape =
        switch tapes {
        case .kept(let tapes): tapes[layer]
        case .inputs(let inputs):
          try recomputed(blocks[layer], from: inputs[layer], into: x, plan, slices)
        }
      blocks[layer].backward(
        dx, tape: tape, segments: plan.segments, rotary: slices,
        gradients: DecoderBlock.Gradients(gradients, model.weights, layer: layer), scratch: scratch,
        view: view.map { LayerGradientView(view: $0, layer: layer) }, runtime: runtime)
    }
  }

  /// The tape of a block, filled by running it once more on what it read; x is overwritten.
  private func recomputed(
    _ block: DecoderBlock, from input: Tensor, into x: Tensor, _ plan: TrainingPlan, _ slices: RotarySlices
  ) throws(HoldfastError) -> BlockTape {
    let tokens = plan.tokens.count
    let tape = try BlockTape(model.configuration, block, layer: 0, tokens: tokens, arena: arena)
    let scratch = try BlockScratch(model, tokens: tokens, training: true, arena: arena)
    x.copy(from: input)
    try block.forward(
      x, keys: tape.keys, values: tape.values, segments: plan.segments, rotary: slices, scratch: scratch,
      saved: tape, runtime: runtime)
    return tape
  }

  /// Loss and gradients above the blocks: final norm, output projection, cross-entropy at the target rows.
  private func head(
    _ x: Tensor, _ plan: TrainingPlan, scale: Float, into dx: Tensor, _ gradients: Gradients,
    after sums: LossSums
  ) throws(HoldfastError) -> LossSums {
    var sums = sums
    try head(x, rows: plan.rows, into: dx, gradients, base: penalty?.base) { range, base, logits in
      loss(logits, base, Array(plan.targets[range]), scale, into: &sums)
    }
    return sums
  }

  /// Final norm and output projection of some rows, and the way back.
  ///
  /// - Parameters:
  ///   - base: whose logits of the same rows are computed first, because both share the arena's memory.
  ///   - slope: leaves the gradient of logits, of a range of the rows, in their place.
  private func head(
    _ x: Tensor, rows: [Int], into dx: Tensor, _ gradients: Gradients, base: BasePass? = nil,
    slope: (Range<Int>, _ base: Tensor?, _ logits: Tensor) -> Void
  ) throws(HoldfastError) {
    let c = model.configuration
    let weights = model.weights
    let norm = try weights.finalNorm(source(nil))
    let part = try weights.outputPart()
    let outputGradients = gradients.projection(part)
    let normGradients = Norm.Gradients(
      weight: gradients.tensor(weights.slot(.finalNorm)),
      bias: gradients.tensor(weights.slot(.finalNorm, isBias: true)))
    dx.fill(0)
    for start in stride(from: 0, to: rows.count, by: logitRows) {
      let range = start..<min(start + logitRows, rows.count)
      let baseLogits = try base?.logits(range)
      let picked = try arena.tensor("picked", [range.count, c.width])
      let normed = try arena.tensor("final", [range.count, c.width])
      let normedGradient = try arena.tensor("final gradient", [range.count, c.width])
      let pickedGradient = try arena.tensor("picked gradient", [range.count, c.width])
      let statistics = try Norm.Statistics(norm.kind, rows: range.count, "final", arena)
      let logits = try arena.tensor("logits", [range.count, c.vocabularySize])
      for (i, r) in range.enumerated() { picked.row(i).copy(from: x.row(rows[r])) }
      norm.forward(picked, into: normed, statistics: statistics, runtime)
      var seen = dropout
      seen?.targets += start
      let output = try source(seen).projection(part)
      let scratch = try AdapterScratch(model, tokens: range.count, training: true, arena: arena)
      output.forward(normed, into: logits, scratch, runtime)
      let capped = try cap(logits)
      slope(range, baseLogits, logits)
      if let capped, let cap = c.logitSoftcap { runtime.softcapBackward(logits, capped: capped, cap: cap) }
      output.backward(
        logits, x: normed, into: normedGradient, accumulate: false, outputGradients, scratch, runtime)
      norm.backward(
        normedGradient, x: picked, statistics: statistics, into: pickedGradient, accumulate: false,
        normGradients, runtime)
      for (i, r) in range.enumerated() { dx.row(rows[r]).copy(from: pickedGradient.row(i)) }
    }
  }

  /// Adds the losses of logits to the sums and leaves their gradients in the logits' place.
  private func loss(
    _ logits: Tensor, _ base: Tensor?, _ targets: [Int32], _ scale: Float, into sums: inout LossSums
  ) {
    guard let base, let penalty else {
      let losses = runtime.crossEntropy(logits: logits, targets: targets, scale: scale, gradient: true)
      for value in losses { sums.crossEntropy += Double(value) }
      return
    }
    let losses = runtime.crossEntropy(
      logits: logits, base: base, targets: targets, scale: scale, weight: penalty.weight)
    for value in losses {
      sums.crossEntropy += Double(value.loss)
      sums.divergence += Double(value.divergence)
    }
  }

  /// Caps logits in place where the model does, and returns a copy for the way back.
  private func cap(_ logits: Tensor) throws(HoldfastError) -> Tensor? {
    guard let cap = model.configuration.logitSoftcap else { return nil }
    runtime.softcap(logits, cap: cap)
    let copy = try arena.tensor("capped logits", logits.shape)
    copy.copy(from: logits)
    return copy
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
