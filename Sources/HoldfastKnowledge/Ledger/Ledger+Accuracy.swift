import Glibc

extension Ledger {
  /// The share of right predictions among the rows whose right choice is known, with Wilson's 95 % interval; `nil`
  /// when none is known.
  public var accuracy: (value: Double, interval: Interval)? {
    let known = answered.count
    guard known > 0 else { return nil }
    return (Double(correctCount) / Double(known), Statistics.wilson(successes: correctCount, trials: known))
  }

  /// The accuracy of guessing: the mean of one over the number of choices, over the rows whose right choice is known.
  public var chance: Double { Statistics.mean(answered.map { 1 / Double($0.scores.count) }) }

  /// Whether the accuracy's interval includes chance: damage cannot show on such a role.
  public var hasNoHeadroom: Bool { accuracy.map { $0.interval.lower <= chance } ?? false }

  /// Calibration over the rows whose right choice is known.
  public var calibration: Statistics.Calibration {
    let rows = answered
    return Statistics.calibration(
      confidence: rows.map(\.confidence), correct: rows.map { $0.isCorrect == true },
      brier: rows.map { row in
        row.probabilities.enumerated().reduce(0) { sum, item in
          let target = item.offset == row.gold ? 1.0 : 0
          return sum + (item.element - target) * (item.element - target)
        }
      })
  }
}
