import Glibc
public import HoldfastStorage

extension Statistics {
  /// A correlation with what may be said about its error.
  public struct Correlation: Sendable, Equatable {
    /// The coefficient, -1 … 1.
    public var value: Double
    /// The two-sided p-value by Student's t with `degrees` degrees of freedom.
    public var p: Double
    /// The degrees of freedom.
    public var degrees: Int
    /// Fisher's interval: tanh(atanh r ± z / √(degrees - 1)), -1 … 1 where there are too few points.
    public var interval: Interval

    init(_ value: Double, degrees: Int, level: Double) {
      self.value = value
      self.degrees = degrees
      let spread = 1 - value * value
      let t = spread > 0 ? value * (Double(degrees) / spread).squareRoot() : .infinity
      p = degrees > 0 ? Statistics.studentTP(t, degrees: Double(degrees)) : .nan
      guard degrees > 1 else {
        interval = Interval(lower: -1, upper: 1, level: level)
        return
      }
      let half = Statistics.normalQuantile(0.5 + level / 2) / Double(degrees - 1).squareRoot()
      interval = Interval(lower: tanh(atanh(value) - half), upper: tanh(atanh(value) + half), level: level)
    }

    /// `value`, `p`, `degrees_of_freedom` and `interval`.
    public var json: JSON {
      [
        "value": .number(value), "p": .number(p), "degrees_of_freedom": .int(degrees),
        "interval": interval.json,
      ]
    }
  }

  /// Spearman's partial correlation of `x` and `y` given `z`, from the three rank correlations, with n - 3 degrees of
  /// freedom: `(r_xy - r_xz r_yz) / √((1 - r_xz²)(1 - r_yz²))`.
  ///
  /// `nil` where undefined: below three points, a constant vector, or `z` ranking the points as `x` or `y` does.
  public static func partialSpearman(_ x: [Double], _ y: [Double], given z: [Double], level: Double = 0.95)
    -> Correlation?
  {
    let count = min(x.count, y.count, z.count)
    guard count > 2, let xy = spearman(x, y), let xz = spearman(x, z), let yz = spearman(y, z) else {
      return nil
    }
    let (restX, restY) = (1 - xz * xz, 1 - yz * yz)
    // Coefficients of equal rankings differ from ±1 by rounding alone.
    guard restX > 1e-12, restY > 1e-12 else { return nil }
    let value = (xy - xz * yz) / (restX * restY).squareRoot()
    return Correlation(min(max(value, -1), 1), degrees: count - 3, level: level)
  }

  /// The paper's partial correlation: all three are ranked, the ranks of `x` and `y` regressed on those of `z` with an
  /// intercept, and Spearman's rho taken of the residuals, with n - 2 degrees of freedom as its code reports.
  ///
  /// `nil` where undefined, as for `partialSpearman`.
  public static func paperPartialSpearman(
    _ x: [Double], _ y: [Double], given z: [Double], level: Double = 0.95
  ) -> Correlation? {
    let count = min(x.count, y.count, z.count)
    guard count > 2 else { return nil }
    let ranks = [x, y, z].map { averageRanks(Array($0.prefix(count))) }
    guard let restX = residuals(ranks[0], on: ranks[2]), let restY = residuals(ranks[1], on: ranks[2]),
      let value = spearman(restX, restY)
    else { return nil }
    return Correlation(value, degrees: count - 2, level: level)
  }

  /// What a line through the points by least squares leaves of `y`; `nil` for a constant `x`.
  ///
  /// Points with equal coordinates leave equal residuals, to the bit; residuals below rounding are made 0.
  static func residuals(_ y: [Double], on x: [Double]) -> [Double]? {
    let (centerX, centerY) = (mean(x), mean(y))
    var (xx, xy) = (0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - centerX) * (a - centerX)
      xy += (a - centerX) * (b - centerY)
    }
    guard xx > 0 else { return nil }
    let slope = xy / xx
    let scale = (y.map { abs($0 - centerY) }.max() ?? 0) * 1e-12
    return zip(x, y).map { a, b in
      let rest = b - centerY - slope * (a - centerX)
      return abs(rest) <= scale ? 0 : rest
    }
  }
}
