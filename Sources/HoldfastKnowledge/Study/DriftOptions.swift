public import HoldfastStorage
import HoldfastTensor

/// How a study follows the knowledge of a model while it is tuned.
public struct DriftOptions: Sendable, Equatable {
  /// Which weights become the group's.
  public enum Keep: String, Sendable, CaseIterable {
    /// Those after the last step.
    case last
    /// Those measured with the highest accuracy, among them the most consistent, then the earliest; where `stopBelow` is
    /// set, of those that reach it.
    case best
  }

  /// Questions of their own, kept apart from every role and the pool.
  public var source: QuestionSource
  /// Optimiser steps between two measurements; the last step is measured in any case.
  public var every = 20
  /// Ends a tuning when the mean rank-Pearson with the model before falls below.
  public var stopBelow: Double?
  /// Which weights are kept.
  public var keep = Keep.last

  /// Reads `every`, `stop_below`, `keep` and the keys of a question source.
  init(_ node: JSONNode, path: (JSONNode) throws(HoldfastError) -> String) throws(HoldfastError) {
    source = try QuestionSource(node, others: ["every", "stop_below", "keep"], path: path)
    if let value = try node.optional("every") { every = try value.int(in: 1...1_000_000) }
    if let value = try node.optional("stop_below") {
      let bound = try value.double()
      guard (-1...1).contains(bound) else { throw value.wrong("must lie in -1 … 1") }
      stopBelow = bound
    }
    if let value = try node.optional("keep") { keep = try value.option() }
  }

  /// All settings but the questions.
  public var json: JSON {
    ["every": .int(every), "stop_below": .optional(stopBelow), "keep": .text(keep.rawValue)]
  }
}

/// What a model in training knew after some steps, against the model before.
public struct DriftPoint: Sendable, Equatable {
  /// Steps taken.
  public var step: Int
  /// Mean rank-Pearson.
  public var consistency: Double
  /// Mean KL(before‖now) in nats.
  public var divergence: Double
  /// The share of questions with the same answer as before.
  public var sameTop1: Double
  /// The accuracy.
  public var accuracy: Double

  init(step: Int, before: Ledger, now: Ledger, mode: Mode) throws(HoldfastError) {
    var items: [ItemConsistency] = []
    for (a, b) in zip(before.rows, now.rows) { items.append(try ItemConsistency(before: a, after: b)) }
    let mean = { (measure: ConsistencyMeasure) in
      Statistics.mean(ConsistencySummary.values(measure, items, mode))
    }
    self.step = step
    consistency = mean(.rankPearson)
    divergence = mean(.kullbackLeibler)
    sameTop1 = mean(.sameTop1)
    accuracy = now.accuracy?.value ?? .nan
  }

  /// Reads what `json` writes.
  init(_ node: JSONNode) throws(HoldfastError) {
    func number(_ key: ByteString) throws(HoldfastError) -> Double {
      try node.optional(key)?.double() ?? .nan
    }
    step = try node.member("step").int()
    consistency = try number("rank_pearson")
    divergence = try number("kl")
    sameTop1 = try number("same_top1")
    accuracy = try number("accuracy")
  }

  /// Every number.
  public var json: JSON {
    [
      "step": .int(step), "rank_pearson": .finite(consistency), "kl": .finite(divergence),
      "same_top1": .finite(sameTop1), "accuracy": .finite(accuracy),
    ]
  }

  /// Whether this is to be kept rather than another point.
  func isBetter(than other: DriftPoint) -> Bool {
    accuracy != other.accuracy ? accuracy > other.accuracy : consistency > other.consistency
  }
}
