public import HoldfastStorage
import HoldfastTensor

/// An estimate with what resampling says about it.
public struct Estimate: Sendable, Equatable {
  /// The estimate.
  public var value: Double
  /// Its confidence interval.
  public var interval: Interval
  /// The standard deviation of the resampled estimates.
  public var standardError: Double
  /// A two-sided p-value for a true value of 0: twice the smaller share of resampled estimates on the other side, with
  /// one added to both counts.
  public var p: Double
  /// How many items it rests on.
  public var count: Int

  /// `value`, `interval`, `standard_error` and `items`.
  public var json: JSON {
    [
      "value": .number(value),
      "interval": interval.json,
      "standard_error": .number(standardError),
      "items": .int(count),
    ]
  }
}

/// The bootstrap of a mean over items: resamples with replacement, the same in every run for one seed.
public struct Bootstrap: Sendable, Equatable {
  /// How an interval is taken from the resampled estimates.
  public enum Method: String, Sendable, CaseIterable {
    /// Their quantiles.
    case percentile
    /// Their quantiles corrected for bias and acceleration (Efron 1987); percentile where that is undefined.
    case bca
  }

  /// How many resamples.
  public var resamples = 2000
  /// The coverage of the intervals.
  public var level = 0.95
  /// The seed.
  public var seed: UInt64 = 42
  /// How intervals are taken.
  public var method = Method.percentile

  /// Makes the defaults: 2000 resamples, 95 %, percentile.
  public init() {}

  /// The mean of values over items; NaN throughout for none.
  public func mean(_ values: [Double]) -> Estimate { mean(crossed: [values]) }

  /// The mean over items and seeds of `values[seed][item]`, both resampled (crossed); with one seed, over items alone.
  ///
  /// All seeds must have the same items.
  public func mean(crossed values: [[Double]]) -> Estimate {
    let items = values.map(\.count).min() ?? 0
    guard items > 0 else {
      return Estimate(
        value: .nan, interval: Interval(lower: .nan, upper: .nan, level: level), standardError: .nan, p: .nan,
        count: 0)
    }
    let byItem = (0..<items).map { item in Statistics.mean(values.map { $0[item] }) }
    let value = Statistics.mean(byItem)
    return estimate(
      value, replicates: replicates(values, byItem),
      jackknife: values.count == 1 ? Self.jackknife(byItem) : nil, count: items)
  }

  /// What resampled estimates say; the bias-corrected interval needs the estimates without one item each.
  func estimate(_ value: Double, replicates: [Double], jackknife: [Double]?, count: Int) -> Estimate {
    let corrected =
      method == .bca
      ? jackknife.flatMap { Self.bca(replicates, estimate: value, jackknife: $0, level: level) } : nil
    let below = replicates.count { $0 <= 0 } + 1
    let above = replicates.count { $0 >= 0 } + 1
    return Estimate(
      value: value, interval: corrected ?? Self.percentile(replicates, level: level),
      standardError: Statistics.standardDeviation(replicates),
      p: min(2 * Double(min(below, above)) / Double(replicates.count + 1), 1), count: count)
  }

  /// The quantile of the resampled means of `values` at a probability.
  public func quantileOfMean(_ values: [Double], _ probability: Double) -> Double {
    guard !values.isEmpty else { return .nan }
    return Statistics.quantile(replicates([values], values), probability)
  }

  /// The resampled means.
  private func replicates(_ values: [[Double]], _ byItem: [Double]) -> [Double] {
    var random = RandomSource(seed: seed)
    let (seeds, items) = (values.count, byItem.count)
    return (0..<max(resamples, 1)).map { _ in
      var column = byItem
      if seeds > 1 {
        let drawn = (0..<seeds).map { _ in random.below(seeds) }
        column = (0..<items).map { item in drawn.reduce(0) { $0 + values[$1][item] } / Double(seeds) }
      }
      var sum = 0.0
      for _ in 0..<items { sum += column[random.below(items)] }
      return sum / Double(items)
    }
  }
}
