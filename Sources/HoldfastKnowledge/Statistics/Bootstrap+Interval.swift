extension Bootstrap {
  /// The percentile interval: the quantiles at (1 - level)/2 and (1 + level)/2 of the replicates.
  static func percentile(_ replicates: [Double], level: Double) -> Interval {
    let sorted = replicates.sorted()
    return Interval(
      lower: Statistics.quantile(sorted: sorted, (1 - level) / 2),
      upper: Statistics.quantile(sorted: sorted, (1 + level) / 2), level: level)
  }

  /// The bias-corrected and accelerated interval (Efron 1987, as scipy's `bootstrap(method="BCa")` computes it);
  /// `nil` where it is undefined: all replicates on one side of the estimate, no spread, or a level that rounds to 1.
  static func bca(
    _ replicates: [Double], estimate: Double, jackknife: [Double], level: Double
  ) -> Interval? {
    let below = Double(replicates.count { $0 < estimate })
    let notAbove = Double(replicates.count { $0 <= estimate })
    let bias = Statistics.normalQuantile((below + notAbove) / (2 * Double(replicates.count)))
    let center = Statistics.mean(jackknife)
    let cubes = jackknife.reduce(0) { $0 + (center - $1) * (center - $1) * (center - $1) }
    let squares = jackknife.reduce(0) { $0 + (center - $1) * (center - $1) }
    guard bias.isFinite, squares > 0 else { return nil }
    let acceleration = cubes / (6 * squares * squares.squareRoot())
    let sorted = replicates.sorted()
    let bound = { (probability: Double) in
      let z = bias + Statistics.normalQuantile(probability)
      return Statistics.quantile(sorted: sorted, Statistics.normalCDF(bias + z / (1 - acceleration * z)))
    }
    let (lower, upper) = (bound((1 - level) / 2), bound((1 + level) / 2))
    return lower.isNaN || upper.isNaN ? nil : Interval(lower: lower, upper: upper, level: level)
  }

  /// The means of the values without one of them each.
  static func jackknife(_ values: [Double]) -> [Double] {
    let sum = values.reduce(0, +)
    return values.map { (sum - $0) / Double(values.count - 1) }
  }
}
