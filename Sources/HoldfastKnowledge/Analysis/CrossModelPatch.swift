public import HoldfastModel
public import HoldfastTensor

/// What changes when one model's activations, or weights, of a layer take the place of another's: where two models differ in
/// behaviour, and where in knowledge.
///
/// Both answer the same questions with the same tokens; then each again with one layer of the other, layer after layer. How
/// METHOD.md has it: both directions, item bootstrap bands over all layers at once, and as nulls a random direction of
/// equal norm and the same between two tuned models of different seeds.
public struct CrossModelPatch: Sendable {
  /// What is taken from the other model.
  public enum Subject: Sendable, Equatable {
    /// The activations at a site every block has.
    case activations(Site.Kind)
    /// The weights of a part of a block.
    case weights(Model.BlockPart)
  }

  /// How to patch.
  public struct Options: Sendable, Equatable {
    /// What is taken.
    public var subject = Subject.activations(.residPost)
    /// The tokens at which activations are taken.
    public var positions = InterventionPositions.all
    /// The layers; `nil` for all.
    public var layers: [Int]?
    /// Whether the null of a random direction is computed; activations only.
    public var randomNull = true
    /// Seeds the random directions.
    public var seed: UInt64 = 0
    /// Resampling.
    public var bootstrap = Bootstrap()
    /// Makes the defaults: the residual stream behind every layer, at all tokens.
    public init() {}
  }

  /// One curve over layers: a model under patches from another.
  public struct Curve: Sendable {
    /// `base_into_tuned`, `tuned_into_base`, `seeds`, or one of these followed by ` random`.
    public var name: String
    /// Whether it is a null.
    public var isNull: Bool
    /// The answers of the patched model, by layer.
    public var ledgers: [Ledger]
    /// By layer, what became of the answers it gives unpatched.
    public var flips: [FlipTable]
    /// The consistency (rank-Pearson, undefined as 0) of the patched model with itself unpatched, and with the model the
    /// patch is taken from.
    public var withSelf: SimultaneousBand, withSource: SimultaneousBand
    /// The share of right answers; NaN where none is known.
    public var accuracy: SimultaneousBand
    /// The share of answers that differ from those of the unpatched model.
    public var flipped: SimultaneousBand
    /// By layer and item, the consistency with itself.
    var items: [[Double]]
  }

  /// How it was patched.
  public let options: Options
  /// The layers.
  public let layers: [Int]
  /// The answers of the unpatched models.
  public let base: Ledger, tuned: Ledger
  /// The curves, then their nulls.
  public let curves: [Curve]
  /// By direction, how much more consistent the patched model stays under the random null than under the patch, paired by
  /// item: above 0 where the patch carries what a random direction of its length does not.
  public let beyondRandom: [(name: String, band: SimultaneousBand)]

  /// Patches two models, and two seeds of the tuned one if there is a second.
  ///
  /// - Parameters:
  ///   - directory: where answers are kept as they come, so that a killed run goes on; `nil` keeps nothing.
  /// - Throws: `invalidArgument` when models differ in shape or tokenizer, what `Probe.run` throws.
  public static func run(
    base: Model, tuned: Model, secondTuned: Model? = nil, questions: QuestionSet,
    demonstrations: QuestionSet? = nil, probe: ProbeOptions = ProbeOptions(), options: Options = Options(),
    directory: String? = nil, progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> CrossModelPatch {
    let layers = try Self.layers(options, base, tuned)
    let asking = Asking(
      questions: questions, demonstrations: demonstrations, probe: probe, options: options, layers: layers,
      directory: directory, progress: progress)
    let before = try asking.ask(base, "base")
    let after = try asking.ask(tuned, "tuned")
    guard zip(before.rows, after.rows).allSatisfy({ $0.promptDigest == $1.promptDigest }) else {
      throw HoldfastError(
        .invalidArgument,
        "the models turn the same questions into different tokens, so nothing can be patched")
    }
    var curves = [
      try asking.curve("base_into_tuned", from: (base, before), into: (tuned, after)),
      try asking.curve("tuned_into_base", from: (tuned, after), into: (base, before)),
    ]
    var beyond: [(name: String, band: SimultaneousBand)] = []
    if case .activations = options.subject, options.randomNull {
      for (place, pair) in [((base, before), (tuned, after)), ((tuned, after), (base, before))].enumerated() {
        let null = try asking.curve(
          curves[place].name, from: (pair.0.0, pair.0.1), into: (pair.1.0, pair.1.1), random: true)
        beyond.append(
          (
            curves[place].name,
            options.bootstrap.band(zip(null.items, curves[place].items).map { zip($0, $1).map { $0 - $1 } })
          ))
        curves.append(null)
      }
    }
    if let secondTuned {
      let second = try asking.ask(secondTuned, "second tuned")
      var null = try asking.curve("seeds", from: (secondTuned, second), into: (tuned, after))
      null.isNull = true
      curves.append(null)
    }
    return CrossModelPatch(
      options: options, layers: layers, base: before, tuned: after, curves: curves, beyondRandom: beyond)
  }

  private static func layers(_ options: Options, _ base: Model, _ tuned: Model) throws(HoldfastError) -> [Int]
  {
    let count = base.configuration.layers
    guard count == tuned.configuration.layers else {
      throw HoldfastError(
        .invalidArgument, "one model has \(count) layers and the other \(tuned.configuration.layers)")
    }
    let layers = options.layers ?? Array(0..<count)
    for layer in layers where layer < 0 || layer >= count {
      throw HoldfastError(.invalidArgument, "there is no layer \(layer); the models have 0 to \(count - 1)")
    }
    guard !layers.isEmpty else { throw HoldfastError(.invalidArgument, "no layer is to be patched") }
    if case .activations(let kind) = options.subject { try AnalysisRequest.requireBlock(kind) }
    if case .weights = options.subject, options.positions != .all {
      throw HoldfastError(.invalidArgument, "weights are the same at all positions; leave the positions out")
    }
    return layers
  }
}

/// Asks models the questions of a run.
private struct Asking {
  let questions: QuestionSet
  let demonstrations: QuestionSet?
  let probe: ProbeOptions
  let options: CrossModelPatch.Options
  let layers: [Int]
  let directory: String?
  let progress: ProgressHandler?

  func ask(_ model: Model, _ name: String) throws(HoldfastError) -> Ledger {
    var store: LedgerStore?
    if let directory {
      let file = String(
        decoding: name.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
      store = try LedgerStore("\(directory)/\(file)")
    }
    return try Probe.run(
      model, questions, demonstrations: demonstrations, options: probe, modelName: name, store: store,
      stage: "patch \(name)", progress: progress)
  }

  func curve(
    _ direction: String, from source: (model: Model, ledger: Ledger),
    into target: (model: Model, ledger: Ledger),
    random: Bool = false
  ) throws(HoldfastError) -> CrossModelPatch.Curve {
    let name = random ? "\(direction) random" : direction
    let ledgers = try layers.map { layer throws(HoldfastError) in
      try ask(try patched(target.model, by: source.model, layer, random), "\(name) \(layer)")
    }
    func compare(_ other: Ledger) throws(HoldfastError) -> [[ItemConsistency]] {
      try ledgers.map { ledger throws(HoldfastError) in
        try zip(other.rows, ledger.rows).map { before, after throws(HoldfastError) in
          try ItemConsistency(before: before, after: after)
        }
      }
    }
    let own = try compare(target.ledger)
    let ranks = { (items: [[ItemConsistency]]) in items.map { $0.map { $0.value(.rankPearson) ?? 0 } } }
    let bands = options.bootstrap
    return CrossModelPatch.Curve(
      name: name, isNull: random, ledgers: ledgers, flips: own.map { FlipTable($0) },
      withSelf: bands.band(ranks(own)), withSource: bands.band(ranks(try compare(source.ledger))),
      accuracy: bands.band(ledgers.map { $0.answered.map { $0.isCorrect == true ? 1 : 0 } }),
      flipped: bands.band(own.map { $0.map { 1 - ($0.value(.sameTop1) ?? 0) } }), items: ranks(own))
  }

  private func patched(_ target: Model, by source: Model, _ layer: Int, _ random: Bool) throws(HoldfastError)
    -> Model
  {
    switch options.subject {
    case .activations(let kind):
      return try target.with(
        Interventions([
          Intervention(
            random ? .patchRandom : .patch, at: Site(kind, layer: layer).name, positions: options.positions,
            source: .model(.init(source)), seed: random ? options.seed : 0)
        ]))
    case .weights(let part):
      return try target.taking(target.parameterNames(part, layers: [layer]), from: source)
    }
  }
}
