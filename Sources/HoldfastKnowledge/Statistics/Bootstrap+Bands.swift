public import HoldfastStorage
import HoldfastTensor

/// A curve of means over the same items, with a band that covers all of it at once.
public struct SimultaneousBand: Sendable, Equatable {
  /// The means.
  public var values: [Double]
  /// The bounds of the band.
  public var lower: [Double], upper: [Double]
  /// For each point, a p-value for a true value of 0, corrected for all points.
  public var p: [Double]
  /// How many standard errors wide the band is on each side.
  public var critical: Double

  /// `values`, `lower`, `upper` and `p`.
  public var json: JSON {
    [
      "values": .numbers(values), "lower": .numbers(lower), "upper": .numbers(upper),
      "p_corrected": .numbers(p),
    ]
  }
}

extension Bootstrap {
  /// The means over items of `curve[point][item]` with a band from the bootstrap's largest statistic.
  ///
  /// Items are resampled, the same ones for all points. The band is m ± c · se, c the quantile over resamples of the
  /// largest |m* − m| / se over the points; a point's p-value is the share of resamples whose largest statistic reaches
  /// |m| / se, with one added to both counts. Points without spread have a band of no width and a p-value of 1 at 0.
  ///
  /// Source: Romano and Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing" (2005), single step.
  public func band(_ curve: [[Double]]) -> SimultaneousBand {
    let items = curve.map(\.count).min() ?? 0
    guard items > 0 else {
      let nothing = [Double](repeating: .nan, count: curve.count)
      return SimultaneousBand(values: nothing, lower: nothing, upper: nothing, p: nothing, critical: .nan)
    }
    var random = RandomSource(seed: seed)
    let drawn = (0..<max(resamples, 2)).map { _ in (0..<items).map { _ in random.below(items) } }
    return Self.band(curve, drawn: drawn, level: level)
  }

  /// The same for given resamples, each a list of items.
  static func band(_ curve: [[Double]], drawn: [[Int]], level: Double) -> SimultaneousBand {
    let values = curve.map { Statistics.mean($0) }
    let replicates = curve.map { values in
      drawn.map { items in items.reduce(0) { $0 + values[$1] } / Double(items.count) }
    }
    let errors = replicates.map { Statistics.standardDeviation($0) }
    let largest = drawn.indices.map { b in
      curve.indices.reduce(0.0) { most, point in
        errors[point] > 0 ? max(most, abs(replicates[point][b] - values[point]) / errors[point]) : most
      }
    }
    let critical = Statistics.quantile(largest, level)
    return SimultaneousBand(
      values: values, lower: zip(values, errors).map { $0 - critical * $1 },
      upper: zip(values, errors).map { $0 + critical * $1 },
      p: zip(values, errors).map { value, error in
        guard error > 0 else { return value == 0 ? 1 : 1 / Double(drawn.count + 1) }
        return Double(1 + largest.count { $0 >= abs(value) / error }) / Double(drawn.count + 1)
      },
      critical: critical)
  }
}
