public import HoldfastTensor

/// What one number says about how alike two answers to one question are.
public enum ConsistencyMeasure: String, Sendable, CaseIterable {
  /// Pearson of dense ranks of the choices, the paper's measure; -1 … 1.
  case rankPearson = "rank_pearson"
  /// Spearman's rho with average ranks; -1 … 1.
  case spearman
  /// Kendall's tau-b; -1 … 1.
  case kendallTauB = "kendall_tau_b"
  /// KL(before‖after) in nats; 0 and up.
  case kullbackLeibler = "kl"
  /// Jensen-Shannon divergence in nats; 0 … ln 2.
  case jensenShannon = "jsd"
  /// Total variation; 0 … 1.
  case totalVariation = "total_variation"
  /// Cosine of the probabilities; 0 … 1.
  case cosine
  /// 1 when both prefer the same choice, else 0.
  case sameTop1 = "same_top1"
}

/// What became of one answer.
public enum Flip: String, Sendable, CaseIterable {
  /// Right before and after.
  case keptRight = "kept_right"
  /// The same wrong choice before and after.
  case keptWrong = "kept_wrong"
  /// Right before, wrong after.
  case lost
  /// Wrong before, right after.
  case gained
  /// Another wrong choice than before.
  case moved

  /// The flip of two answers, when the right one is known.
  public init?(before: LedgerRow, after: LedgerRow) {
    guard let gold = before.gold else { return nil }
    switch (before.predicted == gold, after.predicted == gold) {
    case (true, true): self = .keptRight
    case (true, false): self = .lost
    case (false, true): self = .gained
    case (false, false): self = before.predicted == after.predicted ? .keptWrong : .moved
    }
  }
}

/// How alike two answers to one question are.
public struct ItemConsistency: Sendable {
  /// The question's id.
  public let id: String
  /// What became of the answer, when the right one is known.
  public let flip: Flip?
  /// The measures, in the order of `ConsistencyMeasure.allCases`; `nil` where undefined.
  public let values: [Double?]

  /// One measure; `nil` where it is undefined, as a rank correlation of tied choices is.
  public func value(_ measure: ConsistencyMeasure) -> Double? {
    ConsistencyMeasure.allCases.firstIndex(of: measure).flatMap { values[$0] }
  }

  /// Compares two answers to the same question; throws `invalidArgument` when they are not.
  public init(before: LedgerRow, after: LedgerRow) throws(HoldfastError) {
    guard before.id == after.id, before.scores.count == after.scores.count, before.gold == after.gold else {
      throw HoldfastError(
        .invalidArgument,
        "question '\(before.id)' (\(before.scores.count) choices) stands against '\(after.id)' "
          + "(\(after.scores.count) choices); both ledgers must hold the same questions in the same order")
    }
    id = before.id
    flip = Flip(before: before, after: after)
    let (p, q) = (before.probabilities, after.probabilities)
    let (logP, logQ) = (before.choiceLogProbabilities, after.choiceLogProbabilities)
    values = ConsistencyMeasure.allCases.map { measure in
      switch measure {
      // Ranks are taken from the scores: probabilities may tie where scores do not.
      case .rankPearson: Statistics.rankPearson(before.scores, after.scores)
      case .spearman: Statistics.spearman(before.scores, after.scores)
      case .kendallTauB: Statistics.kendallTauB(before.scores, after.scores)
      case .kullbackLeibler: Statistics.kullbackLeibler(logP, logQ)
      case .jensenShannon: Statistics.jensenShannon(logP, logQ)
      case .totalVariation: Statistics.totalVariation(p, q)
      case .cosine: Statistics.cosine(p, q)
      case .sameTop1: before.predicted == after.predicted ? 1 : 0
      }
    }
  }
}
