import HoldfastTensor

/// The forward pass of a penalty's base: its logits at the targets, a few rows at a time.
///
/// Weights are read from their file in every product, so the base takes no float32 copy of its own. What is kept of a
/// micro-batch is the residual stream at the targets, [targets, D].
final class BasePass {
  private let model: Model
  private let runtime: Runtime
  private let arena: Arena
  private let rotary: RotaryTables
  private let source: TensorSource
  private var rows: Tensor?

  /// - Parameter arena: shared with the model in training, whose pass comes after this one.
  init(_ model: Model, arena: Arena, runtime: Runtime) throws(HoldfastError) {
    self.model = model
    self.runtime = runtime
    self.arena = arena
    rotary = try RotaryTables(model.configuration)
    source = TensorSource(
      vector: { slot throws(HoldfastError) in try model.materialized(slot, copy: false) },
      matrix: { slot, rows throws(HoldfastError) in try model.trainingMatrix(slot, rows: rows) },
      adapter: { slot, rows throws(HoldfastError) in model.trainingAdapter(slot, rows: rows, nil) })
  }

  /// Runs the blocks over packed sequences and keeps the residual stream at their targets.
  func read(_ plan: TrainingPlan) throws(HoldfastError) {
    let c = model.configuration
    let tokens = plan.tokens.count
    let x = try arena.tensor("residual", [tokens, c.width])
    try model.embed(plan.tokens, positions: plan.positions, into: x, runtime: runtime)
    let scratch = try BlockScratch(model, tokens: tokens, training: false, arena: arena)
    let keys = try arena.tensor("base keys", [tokens, c.kvWidth])
    let values = try arena.tensor("base values", [tokens, c.kvWidth])
    let slices = try rotary.slices(plan.positions, textLengths: plan.textLengths)
    for layer in 0..<c.layers {
      try DecoderBlock(model.weights, layer: layer, source).forward(
        x, keys: keys, values: values, segments: plan.segments, rotary: slices, scratch: scratch, saved: nil,
        runtime: runtime)
    }
    let picked = try arena.tensor("base rows", [plan.rows.count, c.width])
    for (i, row) in plan.rows.enumerated() { picked.row(i).copy(from: x.row(row)) }
    rows = picked
  }

  /// The logits [R, V] of some of the targets that were read, valid until the next call.
  func logits(_ range: Range<Int>) throws(HoldfastError) -> Tensor {
    guard let rows else { throw HoldfastError(.internal, "the base has read nothing yet") }
    let c = model.configuration
    let normed = try arena.tensor("final", [range.count, c.width])
    let logits = try arena.tensor("base logits", [range.count, c.vocabularySize])
    try model.weights.finalNorm(source).forward(rows.rows(range), into: normed, statistics: nil, runtime)
    let scratch = try AdapterScratch(model, tokens: range.count, training: false, arena: arena)
    try source.projection(model.weights.outputPart()).forward(normed, into: logits, scratch, runtime)
    if let cap = c.logitSoftcap { runtime.softcap(logits, cap: cap) }
    return logits
  }
}
