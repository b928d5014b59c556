import Glibc
public import HoldfastStorage

extension Statistics {
  /// Cohen's h of two proportions: `2 asin √first - 2 asin √second` (statsmodels `proportion_effectsize`); .2 is called
  /// small, .5 medium, .8 large.
  public static func cohensH(_ first: Double, _ second: Double) -> Double {
    2 * asin(first.squareRoot()) - 2 * asin(second.squareRoot())
  }

  /// The difference of two proportions of *different* items with Newcombe's hybrid score interval (statsmodels
  /// `confint_proportions_2indep(method="newcomb")`).
  public static func riskDifference(
    successes: (Int, Int), trials: (Int, Int), level: Double = 0.95
  ) -> (value: Double, interval: Interval) {
    let first = wilson(successes: successes.0, trials: trials.0, level: level)
    let second = wilson(successes: successes.1, trials: trials.1, level: level)
    let (p, q) = (Double(successes.0) / Double(trials.0), Double(successes.1) / Double(trials.1))
    let lower = ((p - first.lower) * (p - first.lower) + (second.upper - q) * (second.upper - q)).squareRoot()
    let upper = ((first.upper - p) * (first.upper - p) + (q - second.lower) * (q - second.lower)).squareRoot()
    return (p - q, Interval(lower: p - q - lower, upper: p - q + upper, level: level))
  }

  /// A paired table of right and wrong answers to the *same* items.
  public struct PairedTable: Sendable, Equatable {
    /// Right in both.
    public var both: Int
    /// Right in the first alone.
    public var firstOnly: Int
    /// Right in the second alone.
    public var secondOnly: Int
    /// Right in neither.
    public var neither: Int

    /// Makes a table of counts.
    public init(both: Int, firstOnly: Int, secondOnly: Int, neither: Int) {
      self.both = both
      self.firstOnly = firstOnly
      self.secondOnly = secondOnly
      self.neither = neither
    }

    /// How many items.
    public var count: Int { both + firstOnly + secondOnly + neither }
    /// The share right in the first.
    public var first: Double { Double(both + firstOnly) / Double(count) }
    /// The share right in the second.
    public var second: Double { Double(both + secondOnly) / Double(count) }

    /// First minus second with Newcombe's interval for paired proportions (Newcombe 1998, method 10: Wilson's bounds
    /// joined with the correlation phi, continuity-corrected); -1 … 1 for no items.
    public func riskDifference(level: Double = 0.95) -> (value: Double, interval: Interval) {
      guard count > 0 else { return (.nan, Interval(lower: -1, upper: 1, level: level)) }
      let (p, q) = (first, second)
      let one = wilson(successes: both + firstOnly, trials: count, level: level)
      let other = wilson(successes: both + secondOnly, trials: count, level: level)
      let phi = phi
      let bound = { (a: Double, b: Double) in max(a * a - 2 * phi * a * b + b * b, 0).squareRoot() }
      return (
        p - q,
        Interval(
          lower: max(p - q - bound(p - one.lower, other.upper - q), -1),
          upper: min(p - q + bound(one.upper - p, q - other.lower), 1), level: level)
      )
    }

    /// The odds of `firstOnly` against `secondOnly` with the exact interval that follows from Clopper and Pearson's of
    /// their share; NaN and 0 … ∞ when no item differs.
    public func oddsRatio(level: Double = 0.95) -> (value: Double, interval: Interval) {
      let (b, c) = (Double(firstOnly), Double(secondOnly))
      guard b + c > 0 else { return (.nan, Interval(lower: 0, upper: .infinity, level: level)) }
      let odds = { (share: Double) in share / (1 - share) }
      let tail = (1 - level) / 2
      return (
        b / c,
        Interval(
          lower: firstOnly == 0 ? 0 : odds(betaQuantile(tail, b, c + 1)),
          upper: secondOnly == 0 ? .infinity : odds(betaQuantile(1 - tail, b + 1, c)), level: level)
      )
    }

    /// Both effects, Cohen's h and both of McNemar's tests.
    public func json(level: Double = 0.95) -> JSON {
      let (difference, odds) = (riskDifference(level: level), oddsRatio(level: level))
      return [
        "risk_difference": .finite(difference.value), "risk_difference_interval": difference.interval.json,
        "odds_ratio": .finite(odds.value), "odds_ratio_interval": odds.interval.json,
        "cohens_h": .finite(cohensH(first, second)),
        "mcnemar_p": .number(mcNemar(lost: firstOnly, gained: secondOnly)),
        "mcnemar_corrected_p": .number(mcNemarCorrected(lost: firstOnly, gained: secondOnly).p),
      ]
    }

    /// The correlation of the two answers, its numerator brought nearer to 0 by half the count where it is positive.
    private var phi: Double {
      let (a, b, c, d) = (Double(both), Double(firstOnly), Double(secondOnly), Double(neither))
      let margins = (a + b) * (c + d) * (a + c) * (b + d)
      guard margins > 0 else { return 0 }
      let cross = a * d - b * c
      return (cross > 0 ? max(cross - (a + b + c + d) / 2, 0) : cross) / margins.squareRoot()
    }
  }
}
