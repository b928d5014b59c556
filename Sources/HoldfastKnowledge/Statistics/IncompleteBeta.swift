import Glibc

extension Statistics {
  /// The regularised incomplete beta function I_x(a, b), the distribution function of the beta distribution (scipy
  /// `special.betainc`), for positive `a` and `b`; NaN otherwise.
  ///
  /// By its continued fraction (Lentz's method), on the side where that converges fast.
  public static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard a > 0, b > 0, !x.isNaN else { return .nan }
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    let logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
    return x < (a + 1) / (a + b + 2)
      ? exp(logFront) * betaFraction(x, a, b) / a : 1 - exp(logFront) * betaFraction(1 - x, b, a) / b
  }

  /// The quantile of the beta distribution (scipy `stats.beta.ppf`): the x with I_x(a, b) = `probability`.
  public static func betaQuantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
    guard a > 0, b > 0, probability >= 0, probability <= 1 else { return .nan }
    var (low, high) = (0.0, 1.0)
    // Halving until the bounds are neighbours among the doubles; the function rises everywhere.
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return middle }
      if incompleteBeta(middle, a, b) < probability { low = middle } else { high = middle }
    }
  }

  /// The two-sided p-value of Student's t with `degrees` degrees of freedom; 0 for an infinite t, NaN without degrees.
  public static func studentTP(_ t: Double, degrees: Double) -> Double {
    guard degrees > 0, !t.isNaN else { return .nan }
    return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
  }

  private static func logGamma(_ x: Double) -> Double { lgamma(x).0 }

  private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    let kept = { (value: Double) in abs(value) < tiny ? tiny : value }
    var d = 1 / kept(1 - (a + b) * x / (a + 1))
    var (c, result) = (1.0, d)
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / kept(1 + even * d)
      c = kept(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / kept(1 + odd * d)
      c = kept(1 + odd / c)
      let change = d * c
      result *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return result
  }
}
