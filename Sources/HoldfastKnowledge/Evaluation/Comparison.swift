public import HoldfastModel
public import HoldfastTensor

/// How consistent a model's knowledge stayed, on identical prompts.
public struct Comparison: Sendable {
  /// An answer that changed.
  public struct Example: Sendable, Equatable {
    /// What became of it.
    public var flip: Flip
    /// The question.
    public var question: Question
    /// The answer before.
    public var before: Int
    /// The answer after.
    public var after: Int
    /// KL(before‖after) in nats.
    public var divergence: Double
  }

  /// The answers before.
  public let before: Ledger
  /// The answers after.
  public let after: Ledger
  /// Every measure.
  public let consistency: ConsistencySummary
  /// The noise floor, if it was asked for.
  public let floor: NoiseFloor?
  /// How the comparison was made.
  public let options: CompareOptions
  /// The answers that changed most, if the questions were given.
  public let examples: [Example]

  /// Compares two ledgers of the same questions asked with the same tokens.
  ///
  /// Throws `invalidArgument` when questions or prompts differ, or the floor's bound is wanted and there is no floor.
  public init(
    before: Ledger, after: Ledger, questions: QuestionSet? = nil, floor: NoiseFloor? = nil,
    options: CompareOptions = CompareOptions()
  ) throws(HoldfastError) {
    consistency = try ConsistencySummary(
      before: before, after: after, mode: before.settings.options.mode, bootstrap: options.bootstrap)
    guard consistency.identicalPrompts == before.count else {
      throw HoldfastError(
        .invalidArgument,
        "\(before.count - consistency.identicalPrompts) of \(before.count) questions were asked with other tokens after "
          + "than before, which changes answers by itself; probe both models with the same options")
    }
    guard options.rule == .absolute || floor != nil else {
      throw HoldfastError(
        .invalidArgument,
        "the gate is to be the noise floor, which was not measured; ask for at least one floor prompt")
    }
    self.before = before
    self.after = after
    self.floor = floor
    self.options = options
    if let questions {
      examples = Self.examples(consistency, before, after, questions, options.examples)
    } else {
      examples = []
    }
  }

  /// Probes two models on the same questions and compares them.
  ///
  /// - Throws: what `Probe.run` throws; `invalidArgument` when the models' tokenizers differ, so that prompts do.
  public static func run(
    before: Model, after: Model, questions: QuestionSet, demonstrations: QuestionSet? = nil,
    probe: ProbeOptions = ProbeOptions(), options: CompareOptions = CompareOptions(),
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> Comparison {
    let first = try Probe.run(
      before, questions, demonstrations: demonstrations, options: probe, modelName: "before",
      stage: "probe before",
      progress: progress)
    let floor =
      options.floorPrompts == 0
      ? nil
      : try NoiseFloor.measure(
        before, questions, demonstrations: demonstrations, options: probe, baseline: first,
        prompts: options.floorPrompts, limit: options.floorLimit, progress: progress)
    let second = try Probe.run(
      after, questions, demonstrations: demonstrations, options: probe, modelName: "after",
      stage: "probe after",
      progress: progress)
    return try Comparison(before: first, after: second, questions: questions, floor: floor, options: options)
  }

  /// The gate: the rank-Pearson consistency against the threshold or the floor.
  public var gate: Gate {
    let bound = options.rule == .noiseFloor ? floor?.overall.lowQuantile : nil
    return Gate(
      rule: options.rule, bound: bound ?? options.minConsistency, consistency: consistency[.rankPearson].mean)
  }

  /// The answers of each kind of change that moved the most, at most `count` of each.
  private static func examples(
    _ consistency: ConsistencySummary, _ before: Ledger, _ after: Ledger, _ questions: QuestionSet,
    _ count: Int
  ) -> [Example] {
    let all = zip(consistency.items, zip(before.rows, after.rows)).enumerated().compactMap {
      index, pair -> Example? in
      guard index < questions.count, questions.questions[index].id == pair.0.id, let flip = pair.0.flip else {
        return nil
      }
      return Example(
        flip: flip, question: questions.questions[index], before: pair.1.0.predicted,
        after: pair.1.1.predicted,
        divergence: pair.0.value(.kullbackLeibler) ?? 0)
    }
    return [Flip.lost, .gained, .moved].flatMap { flip in
      all.filter { $0.flip == flip }.sorted { $0.divergence > $1.divergence }.prefix(max(count, 0))
    }
  }
}
