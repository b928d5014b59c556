import HoldfastTensor

/// Permutation tests: exact where all arrangements can be counted, else a seeded sample of them.
public struct Permutation: Sendable, Equatable {
  /// How many arrangements are drawn when there are more than can be counted.
  public var resamples = 9999
  /// The seed of the draws.
  public var seed: UInt64 = 42
  /// The most arrangements that are counted one by one.
  public var exactLimit = 4096

  /// Makes the defaults.
  public init() {}

  /// A test's p-value and how it came about.
  public struct Result: Sendable, Equatable {
    /// The two-sided p-value.
    public var p: Double
    /// The arrangements looked at.
    public var arrangements: Int
    /// Whether these were all there are.
    public var isExact: Bool
  }

  /// The sign-flip test that paired differences have mean 0 (scipy `permutation_test(permutation_type="samples")`):
  /// the share of sign patterns whose mean lies at least as far from 0. Differences of 0 are left out; they decide nothing.
  public func signFlips(_ differences: [Double]) -> Result {
    let values = differences.filter { $0 != 0 }
    guard !values.isEmpty else { return Result(p: 1, arrangements: 1, isExact: true) }
    let limit = abs(values.reduce(0, +)) * (1 - 1e-12)
    if values.count < Int.bitWidth - 1, 1 << values.count <= exactLimit {
      let patterns = 1 << values.count
      let extreme = (0..<patterns).count { pattern in
        var sum = 0.0
        for (place, value) in values.enumerated() { sum += pattern >> place & 1 == 0 ? value : -value }
        return abs(sum) >= limit
      }
      return Result(p: Double(extreme) / Double(patterns), arrangements: patterns, isExact: true)
    }
    var random = RandomSource(seed: seed)
    let extreme = (0..<resamples).count { _ in
      var sum = 0.0
      for value in values { sum += random.next() >> 63 == 0 ? value : -value }
      return abs(sum) >= limit
    }
    return sampled(extreme)
  }

  /// The test that `statistic` of `values` is no larger, away from 0, than by chance when values change places within
  /// their stratum only, such as a domain. Undefined statistics count as 0.
  ///
  /// - Parameter strata: the stratum of each value.
  public func withinStrata(
    _ values: [Double], strata: [Int], statistic: ([Double]) -> Double?
  ) -> Result {
    let groups = Dictionary(grouping: values.indices.prefix(strata.count)) { strata[$0] }
    let places = groups.keys.sorted().compactMap { groups[$0] }
    let limit = abs(statistic(values) ?? 0) * (1 - 1e-12)
    func isExtreme(_ arranged: [Double]) -> Bool { abs(statistic(arranged) ?? 0) >= limit }
    if let all = Self.arrangementCount(places, atMost: exactLimit) {
      var extreme = 0
      Self.forEachArrangement(values, places[...]) { if isExtreme($0) { extreme += 1 } }
      return Result(p: Double(extreme) / Double(all), arrangements: all, isExact: true)
    }
    var random = RandomSource(seed: seed)
    let extreme = (0..<resamples).count { _ in
      var arranged = values
      for stratum in places {
        var order = stratum
        random.shuffle(&order)
        for (place, source) in zip(stratum, order) { arranged[place] = values[source] }
      }
      return isExtreme(arranged)
    }
    return sampled(extreme)
  }

  /// One is added to both counts: the arrangement observed is one of them.
  private func sampled(_ extreme: Int) -> Result {
    Result(p: Double(extreme + 1) / Double(resamples + 1), arrangements: resamples, isExact: false)
  }

  /// The product of the strata's factorials, if it does not exceed a limit.
  private static func arrangementCount(_ strata: [[Int]], atMost limit: Int) -> Int? {
    var product = 1
    for stratum in strata where stratum.count > 1 {
      for factor in 2...stratum.count {
        product *= factor
        if product > limit { return nil }
      }
    }
    return product
  }

  /// Calls `body` with every arrangement of `values` that keeps strata apart.
  private static func forEachArrangement(
    _ values: [Double], _ strata: ArraySlice<[Int]>, _ body: ([Double]) -> Void
  ) {
    guard let stratum = strata.first else { return body(values) }
    func permute(_ values: [Double], _ from: Int) {
      guard from + 1 < stratum.count else { return forEachArrangement(values, strata.dropFirst(), body) }
      for other in from..<stratum.count {
        var next = values
        next.swapAt(stratum[from], stratum[other])
        permute(next, from + 1)
      }
    }
    permute(values, 0)
  }
}
