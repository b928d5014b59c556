public import HoldfastModel
import HoldfastStorage
public import HoldfastTensor

/// Fine-tunes all parameters of a model, or a LoRA adapter on it, on examples, one optimiser step at a time.
///
/// The loss of a step is the mean over all its target tokens, and gradients are summed example after example, so
/// `microBatchSize`, `microBatchTokens` and the number of threads never change a bit. A step that fails or is cancelled
/// leaves the parameters as they were. One thread at a time.
///
/// Memory: four float32 tensors for every tuned parameter (itself, gradient, two moments, which may be bfloat16) and the
/// activations of one micro-batch, of one block at a time with `recompute`; all but the parameters are freed at the end of
/// `run`. Under an adapter the weights stay in their file,
/// quantised as they are; so do those of the base that a KL penalty compares with.
public final class Trainer {
  /// The model in training: the given weights under parameters of the trainer's own.
  public let model: Model
  /// How to tune.
  public let options: TuningOptions
  /// The steps taken so far.
  public internal(set) var records: [TrainingRecord]

  let parameters: Parameters
  let sequences: [TrainingSequence]
  let identifiers: [String]
  let dataSHA256: String
  let baseSHA256: String?
  let runtime: Runtime
  var plan: BatchPlan
  /// The checkpoint written or read last, and the steps it holds.
  var lastCheckpoint: (path: String, steps: Int)?
  /// Gradients and moments while there are steps to take.
  private(set) var workspace: Workspace?

  /// What a step needs beside the parameters.
  struct Workspace {
    let pass: GradientPass
    let gradients: Gradients
    let optimizer: AdamW

    init(
      _ model: Model, _ parameters: Parameters, _ options: TuningOptions, penalty: KLPenalty?,
      runtime: Runtime
    ) throws(HoldfastError) {
      pass = try GradientPass(model, penalty: penalty, recompute: options.recompute, runtime: runtime)
      gradients = try Gradients(model)
      optimizer = try AdamW(for: parameters, options.momentPrecision)
    }
  }

  /// Prepares to tune a copy of the model's parameters, or a new adapter beside them; the model itself never changes.
  ///
  /// - Throws: `invalidArgument` for options out of range, no examples, or an example the model cannot learn from
  ///   (named by its id: no target, unknown token, more tokens than the context); `outOfMemory`.
  public convenience init(
    model: Model, examples: [TrainingExample], options: TuningOptions, runtime: Runtime = .shared
  ) throws(HoldfastError) {
    try options.validate()
    let parameters =
      if let adapter = options.adapter {
        try Parameters(adapting: model, adapter, seed: options.seed)
      } else {
        try Parameters(copying: model)
      }
    try self.init(
      model: model, parameters: parameters, base: TuningBase(model), examples: examples, options: options,
      records: [], moments: nil, runtime: runtime)
  }

  /// - Parameters:
  ///   - parameters: what is tuned; they become the trainer's own.
  ///   - base: the model tuning began with, which a KL penalty needs when parameters rather than an adapter are tuned.
  ///   - records: the steps already taken.
  ///   - moments: fills the optimiser's moments as those steps left them; `nil` for none.
  init(
    model: Model, parameters: Parameters, base: TuningBase? = nil, examples: [TrainingExample],
    options: TuningOptions, records: [TrainingRecord],
    moments: ((AdamW) throws(HoldfastError) -> Void)?, runtime: Runtime
  ) throws(HoldfastError) {
    try options.validate()
    guard !examples.isEmpty else {
      throw HoldfastError(.invalidArgument, "there are no examples to tune on")
    }
    for (index, example) in examples.enumerated() {
      do throws(HoldfastError) {
        try example.validate(for: model)
      } catch {
        throw error.at("example \(index) ('\(example.id)')")
      }
    }
    sequences = examples.map(\.sequence)
    identifiers = examples.map(\.id)
    dataSHA256 = DataFingerprint.sha256(sequences)
    plan = BatchPlan(exampleCount: examples.count, options: options)
    self.parameters = parameters
    self.model = model.with(parameters)
    self.options = options
    self.records = records
    self.runtime = runtime
    let base = options.klWeight > 0 ? base ?? TuningBase(self.model.base) : nil
    baseSHA256 = try base?.fingerprint()
    let penalty = base.map {
      KLPenalty(base: parameters.adapter == nil ? $0.model : self.model.base, weight: options.klWeight)
    }
    let workspace = try Workspace(self.model, parameters, options, penalty: penalty, runtime: runtime)
    try moments?(workspace.optimizer)
    self.workspace = workspace
  }

  /// Steps of the whole run.
  public var totalSteps: Int { plan.totalSteps }
  /// Steps taken so far.
  public var completedSteps: Int { records.count }

  /// The model as it is now, with the steps taken; parameters are shared with the trainer.
  public var result: TuningResult {
    TuningResult(
      model: model, records: records, options: options, dataSHA256: dataSHA256, exampleCount: sequences.count,
      baseSHA256: baseSHA256)
  }

  /// Frees gradients and moments; no step can follow.
  func releaseWorkspace() { workspace = nil }
}
