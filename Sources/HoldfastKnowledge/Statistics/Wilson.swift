extension Statistics {
  /// Wilson's score interval of a proportion, without continuity correction (statsmodels
  /// `proportion_confint(method="wilson")`); 0 … 1 for no trials.
  public static func wilson(successes: Int, trials: Int, level: Double = 0.95) -> Interval {
    guard trials > 0 else { return Interval(lower: 0, upper: 1, level: level) }
    let n = Double(trials)
    let share = Double(successes) / n
    let z = normalQuantile(0.5 + level / 2)
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return Interval(
      lower: successes == 0 ? 0 : max(center - half, 0),
      upper: successes == trials ? 1 : min(center + half, 1),
      level: level)
  }
}
