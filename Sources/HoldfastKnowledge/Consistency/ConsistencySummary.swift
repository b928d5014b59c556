public import HoldfastStorage
public import HoldfastTensor

/// How consistent the answers to a set of questions stayed.
public struct ConsistencySummary: Sendable {
  /// One measure over all items.
  public struct Entry: Sendable, Equatable {
    /// Which measure.
    public var measure: ConsistencyMeasure
    /// The mean over the items it rests on, with its bootstrap interval.
    public var mean: Estimate
    /// The median over the same items.
    public var median: Double
    /// How many items left the measure undefined: counted as 0 in paper mode, left out otherwise.
    public var undefined: Int
  }

  /// The items, in the ledgers' order.
  public let items: [ItemConsistency]
  /// All measures, in the order of `ConsistencyMeasure.allCases`.
  public let entries: [Entry]
  /// What became of the answers.
  public let flips: FlipTable
  /// How many items were asked with the same tokens before and after.
  public let identicalPrompts: Int
  /// Whether undefined values counted as 0 (`paper`) or were left out.
  public let mode: Mode

  /// Compares two ledgers of the same questions in the same order.
  ///
  /// Throws `invalidArgument` when they do not hold the same questions, or none.
  public init(before: Ledger, after: Ledger, mode: Mode, bootstrap: Bootstrap) throws(HoldfastError) {
    guard before.count == after.count, before.count > 0 else {
      throw HoldfastError(
        .invalidArgument,
        "the ledger before has \(before.count) rows and the one after \(after.count); they must hold the same "
          + "questions in the same order, at least one")
    }
    var items: [ItemConsistency] = []
    for (before, after) in zip(before.rows, after.rows) {
      items.append(try ItemConsistency(before: before, after: after))
    }
    self.items = items
    self.mode = mode
    flips = FlipTable(items)
    identicalPrompts = zip(before.rows, after.rows).count { $0.promptDigest == $1.promptDigest }
    entries = ConsistencyMeasure.allCases.map { Self.entry($0, items, mode, bootstrap) }
  }

  /// One measure.
  public subscript(_ measure: ConsistencyMeasure) -> Entry {
    // Entries stand in the order of all cases, so the first is there whenever the one asked for is.
    entries[ConsistencyMeasure.allCases.firstIndex(of: measure) ?? 0]
  }

  /// The values of a measure over the items as they enter its mean.
  static func values(_ measure: ConsistencyMeasure, _ items: [ItemConsistency], _ mode: Mode) -> [Double] {
    items.compactMap { $0.value(measure) ?? (mode == .paper ? 0 : nil) }
  }

  private static func entry(
    _ measure: ConsistencyMeasure, _ items: [ItemConsistency], _ mode: Mode, _ bootstrap: Bootstrap
  ) -> Entry {
    let values = values(measure, items, mode)
    return Entry(
      measure: measure, mean: bootstrap.mean(values), median: Statistics.median(values),
      undefined: items.count { $0.value(measure) == nil })
  }

  /// Every measure with its interval, the flips and how many prompts were the same.
  public var json: JSON {
    [
      "items": .int(items.count),
      "identical_prompts": .int(identicalPrompts),
      "undefined_items": .text(mode == .paper ? "counted as 0, as the paper does" : "left out of the mean"),
      "measures": .object(
        entries.map { entry in
          (
            ByteString(entry.measure.rawValue),
            [
              "mean": .number(entry.mean.value),
              "interval": entry.mean.interval.json,
              "median": .number(entry.median),
              "undefined": .int(entry.undefined),
            ]
          )
        }),
      "flips": flips.json,
    ]
  }
}
