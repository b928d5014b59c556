public import HoldfastStorage

/// Whether a model's knowledge stayed consistent enough: an interval held against a bound.
public struct Gate: Sendable, Equatable {
  /// What the bound is.
  public enum Rule: String, Sendable, CaseIterable {
    /// A fixed number, on identical prompts.
    case absolute
    /// The 2.5 % quantile of the noise floor.
    case noiseFloor = "noise-floor"
  }

  /// What the interval says.
  public enum Verdict: String, Sendable {
    /// The interval's lower bound reaches the bound.
    case passes
    /// The whole interval lies below the bound.
    case fails
    /// The bound lies inside the interval.
    case undecided
  }

  /// What the bound is.
  public var rule: Rule
  /// The bound.
  public var bound: Double
  /// The mean consistency with its interval.
  public var consistency: Estimate

  /// What the interval says; a NaN anywhere decides nothing.
  public var verdict: Verdict {
    if consistency.interval.lower >= bound { return .passes }
    return consistency.interval.upper < bound ? .fails : .undecided
  }

  /// The verdict with the rule and the numbers, to follow the words "the gate".
  public var sentence: String {
    let against =
      switch rule {
      case .absolute: "the threshold \(bound.fixed(3))"
      case .noiseFloor: "\(bound.fixed(3)), the 2.5 % quantile of the noise floor"
      }
    let interval =
      "\(consistency.value.fixed(3)) [\(consistency.interval.lower.fixed(3)), \(consistency.interval.upper.fixed(3))]"
    switch verdict {
    case .passes: return "passes: consistency \(interval), and its lower bound reaches \(against)"
    case .fails: return "fails: consistency \(interval) lies wholly below \(against)"
    case .undecided: return "is undecided: consistency \(interval), and \(against) lies inside the interval"
    }
  }

  /// Rule, bound and verdict.
  public var json: JSON {
    [
      "rule": .text(rule.rawValue), "bound": .number(bound), "verdict": .text(verdict.rawValue),
      "passes": .bool(verdict == .passes), "sentence": .text(sentence),
    ]
  }
}
