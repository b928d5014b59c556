/// The statistics of the engine: small, exact where they can be, and each equal to scipy's or statsmodels' answer.
public enum Statistics {}

/// A confidence interval.
public struct Interval: Sendable, Equatable {
  /// The lower bound.
  public var lower: Double
  /// The upper bound.
  public var upper: Double
  /// The share of repetitions that would cover the true value: 0.95.
  public var level: Double

  /// Makes an interval.
  public init(lower: Double, upper: Double, level: Double) {
    self.lower = lower
    self.upper = upper
    self.level = level
  }

  /// Whether `value` lies inside, bounds included.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

extension Statistics {
  /// The arithmetic mean, summed in order; NaN for no values.
  public static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The unbiased sample standard deviation (`n - 1`); NaN below two values.
  public static func standardDeviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .nan }
    let center = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The quantile at `probability` in 0 … 1 by linear interpolation between order statistics (Hyndman and Fan's
  /// type 7, NumPy's default); NaN for no values or a probability that is none.
  public static func quantile(_ values: [Double], _ probability: Double) -> Double {
    quantile(sorted: values.sorted(), probability)
  }

  /// As `quantile`, of values that are sorted already.
  static func quantile(sorted values: [Double], _ probability: Double) -> Double {
    guard let last = values.last, !probability.isNaN else { return .nan }
    let place = min(max(probability, 0), 1) * Double(values.count - 1)
    let below = Int(place.rounded(.down))
    guard below + 1 < values.count else { return last }
    let share = place - Double(below)
    let (left, right) = (values[below], values[below + 1])
    // NumPy's lerp: from the nearer end, so that equal neighbours give themselves.
    return share < 0.5 ? left + (right - left) * share : right - (right - left) * (1 - share)
  }

  /// The median; NaN for no values.
  public static func median(_ values: [Double]) -> Double { quantile(values, 0.5) }
}
