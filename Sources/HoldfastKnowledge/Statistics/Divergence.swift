import Glibc

// Distances between two distributions over the same choices, given as natural log-probabilities. All in nats.
extension Statistics {
  /// The log-softmax of scores: log-probabilities whose exponentials sum to 1.
  public static func logSoftmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let logSum = log(scores.reduce(0) { $0 + exp($1 - largest) })
    return scores.map { $0 - largest - logSum }
  }

  /// The softmax of scores.
  public static func softmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// The entropy of so many equally likely choices, in nats.
  static func entropy(ofEqual count: Int) -> Double { log(Double(max(count, 1))) }

  /// The Kullback-Leibler divergence KL(p‖q) in nats, from log-probabilities; infinite where q forbids what p allows.
  public static func kullbackLeibler(_ logP: [Double], _ logQ: [Double]) -> Double {
    var sum = 0.0
    for (p, q) in zip(logP, logQ) where p > -.infinity {
      sum += exp(p) * (p - q)
    }
    return max(sum, 0)
  }

  /// The Jensen-Shannon divergence in nats, 0 … ln 2 (the square of scipy's `jensenshannon` distance).
  public static func jensenShannon(_ logP: [Double], _ logQ: [Double]) -> Double {
    var sum = 0.0
    for (logP, logQ) in zip(logP, logQ) {
      let (p, q) = (exp(logP), exp(logQ))
      let middle = log((p + q) / 2)
      if p > 0 { sum += p * (logP - middle) / 2 }
      if q > 0 { sum += q * (logQ - middle) / 2 }
    }
    return min(max(sum, 0), log(2))
  }

  /// Total variation, 0 … 1: half the sum of absolute differences of probabilities.
  public static func totalVariation(_ p: [Double], _ q: [Double]) -> Double {
    zip(p, q).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
  }

  /// The cosine of two vectors; `nil` when one of them is zero.
  public static func cosine(_ x: [Double], _ y: [Double]) -> Double? {
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += a * a
      yy += b * b
      xy += a * b
    }
    guard xx > 0, yy > 0 else { return nil }
    return min(max(xy / (xx * yy).squareRoot(), -1), 1)
  }
}
