public import HoldfastStorage

/// One group on one role: accuracy and consistency, over all seeds.
public struct StudyOutcome: Sendable {
  /// `before`, or the group's name.
  public var model: String
  /// The role.
  public var role: String
  /// The accuracy: Wilson's interval for one seed, the bootstrap over items (or subjects) and seeds otherwise.
  public var accuracy: Estimate
  /// Every measure of consistency; none for the model before tuning.
  public var consistency: [ConsistencySummary.Entry]
  /// What became of the answers, by seed; none before tuning.
  public var flips: [FlipTable]
  /// How many items were asked with the same tokens before and after, of the first seed.
  public var identicalPrompts: Int
  /// Calibration, of the first seed.
  public var calibration: Statistics.Calibration

  /// The model before tuning.
  init(before ledger: Ledger, role: String, bootstrap: Bootstrap, clusters: [String]?) {
    model = "before"
    self.role = role
    accuracy = Self.accuracy([ledger], bootstrap, clusters)
    consistency = []
    flips = []
    identicalPrompts = ledger.count
    calibration = ledger.calibration
  }

  /// A group, one ledger for each seed; `summaries` compare each with the model before.
  init(
    _ group: GroupName, _ ledgers: [Ledger], _ summaries: [ConsistencySummary], role: String,
    bootstrap: Bootstrap, clusters: [String]?
  ) {
    model = group.rawValue
    self.role = role
    accuracy = Self.accuracy(ledgers, bootstrap, clusters)
    consistency = ConsistencyMeasure.allCases.map { Self.entry($0, summaries, bootstrap, clusters) }
    flips = summaries.map(\.flips)
    identicalPrompts = summaries.first?.identicalPrompts ?? 0
    calibration = ledgers.first?.calibration ?? Statistics.calibration(confidence: [], correct: [], brier: [])
  }

  /// One measure.
  public subscript(_ measure: ConsistencyMeasure) -> ConsistencySummary.Entry? {
    consistency.first { $0.measure == measure }
  }

  /// 1 for each right answer, 0 for each wrong one, of the items whose right answer is known.
  static func correctness(_ ledger: Ledger) -> [Double] {
    ledger.answered.map { $0.isCorrect == true ? 1 : 0 }
  }

  private static func accuracy(_ ledgers: [Ledger], _ bootstrap: Bootstrap, _ clusters: [String]?) -> Estimate
  {
    if let clusters { return bootstrap.mean(crossed: ledgers.map(correctness), clusters: clusters) }
    var estimate = bootstrap.mean(crossed: ledgers.map(correctness))
    if ledgers.count == 1, let ledger = ledgers.first {
      estimate.interval = Statistics.wilson(
        successes: ledger.correctCount, trials: ledger.answered.count, level: bootstrap.level)
    }
    return estimate
  }

  private static func entry(
    _ measure: ConsistencyMeasure, _ summaries: [ConsistencySummary], _ bootstrap: Bootstrap,
    _ clusters: [String]?
  ) -> ConsistencySummary.Entry {
    guard let first = summaries.first, summaries.count > 1 || clusters != nil else {
      return summaries.first?[measure]
        ?? ConsistencySummary.Entry(measure: measure, mean: bootstrap.mean([]), median: .nan, undefined: 0)
    }
    let values = summaries.map { $0.items.map { $0.value(measure) } }
    let isPaper = first.mode == .paper
    // Seeds and items are crossed, so an item counts for all seeds or for none.
    let kept = first.items.indices.filter { index in isPaper || values.allSatisfy { $0[index] != nil } }
    let crossed = values.map { seed in kept.map { seed[$0] ?? 0 } }
    let mean =
      clusters.map { names in bootstrap.mean(crossed: crossed, clusters: kept.map { names[$0] }) }
      ?? bootstrap.mean(crossed: crossed)
    return ConsistencySummary.Entry(
      measure: measure, mean: mean,
      median: Statistics.median(crossed.flatMap { $0 }),
      undefined: values.reduce(0) { sum, seed in sum + seed.count { $0 == nil } })
  }

  /// Every number.
  public var json: JSON {
    var result: JSON = [
      "model": .text(model), "role": .text(role), "items": .int(accuracy.count),
      "accuracy": .number(accuracy.value),
      "accuracy_interval": accuracy.interval.json, "ece": .number(calibration.expectedError),
      "ece_equal_mass": .number(calibration.expectedErrorEqualMass),
      "rms": .number(calibration.rootMeanSquareError),
      "brier": .number(calibration.brier),
    ]
    guard !consistency.isEmpty else { return result }
    result.set("identical_prompts", .int(identicalPrompts))
    result.set(
      "measures",
      .object(
        consistency.map { entry in
          (
            key: ByteString(entry.measure.rawValue),
            value: [
              "mean": .number(entry.mean.value), "interval": entry.mean.interval.json,
              "median": .number(entry.median), "undefined": .int(entry.undefined),
            ]
          )
        }))
    result.set("flips", flips.first?.json ?? .null)
    if flips.count > 1 { result.set("flips_by_seed", .array(flips.map(\.json))) }
    return result
  }
}
