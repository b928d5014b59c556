import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Tests, effects, partial correlations and permutations equal scipy's and statsmodels' within 1e-10.
@Suite struct EffectTests {
  let fixture: JSONNode

  init() throws { fixture = try Fixture.json("statistics.json") }

  @Test func correctedMcNemarEqualsStatsmodels() throws {
    for row in try fixture.list("mcnemar_corrected") {
      let test = Statistics.mcNemarCorrected(
        lost: try row.member("lost").int(), gained: try row.member("gained").int())
      #expect(isClose([test.statistic, test.p], [try row.number("statistic"), try row.number("p")]))
    }
    #expect(Statistics.mcNemarCorrected(lost: 0, gained: 0).p == 1)
  }

  @Test func benjaminiHochbergEqualsStatsmodels() throws {
    let node = try fixture.member("benjamini_hochberg")
    #expect(isClose(Statistics.benjaminiHochberg(try node.numbers("p")), try node.numbers("adjusted")))
    #expect(Statistics.benjaminiHochberg([]).isEmpty)
  }

  @Test func betaAndStudentEqualScipy() throws {
    for row in try fixture.list("beta") {
      let (x, a, b) = (try row.number("x"), try row.number("a"), try row.number("b"))
      #expect(isClose(Statistics.incompleteBeta(x, a, b), try row.number("cdf")))
      #expect(isClose(Statistics.betaQuantile(x, a, b), try row.number("quantile")))
    }
    for row in try fixture.list("student") {
      let p = Statistics.studentTP(try row.number("t"), degrees: try row.number("df"))
      #expect(isClose(p, try row.number("p")))
    }
    #expect(Statistics.studentTP(1, degrees: 0).isNaN && Statistics.studentTP(.infinity, degrees: 3) == 0)
  }

  @Test func independentProportionsEqualStatsmodels() throws {
    for row in try fixture.list("proportions") {
      let (k, n) = (try row.integers("successes"), try row.integers("trials"))
      let difference = Statistics.riskDifference(successes: (k[0], k[1]), trials: (n[0], n[1]))
      let interval = [difference.interval.lower, difference.interval.upper]
      #expect(isClose(interval, try row.numbers("interval")))
      let shares = zip(k, n).map { Double($0) / Double($1) }
      #expect(isClose(Statistics.cohensH(shares[0], shares[1]), try row.number("h")))
    }
  }

  @Test func pairedProportionsFollowNewcombeAndClopperPearson() throws {
    for row in try fixture.list("paired") {
      let count = { (key: ByteString) in try row.member(key).int() }
      let table = Statistics.PairedTable(
        both: try count("both"), firstOnly: try count("first"), secondOnly: try count("second"),
        neither: try count("neither"))
      let level = try row.number("level")
      let interval = table.riskDifference(level: level).interval
      #expect(isClose([interval.lower, interval.upper], try row.numbers("interval")))
      #expect(interval.contains(table.first - table.second))
      let odds = table.oddsRatio(level: level)
      let expected = try row.list("odds").map { $0.json.doubleValue ?? .infinity }
      #expect(isClose([odds.interval.lower, odds.interval.upper], expected))
      #expect(odds.interval.contains(odds.value))
    }
    let nothing = Statistics.PairedTable(both: 0, firstOnly: 0, secondOnly: 0, neither: 0)
    #expect(nothing.riskDifference().value.isNaN && nothing.oddsRatio().value.isNaN)
  }

  @Test func partialSpearmanEqualsScipy() throws {
    for row in try fixture.list("partial") {
      let (x, y, z) = (try row.numbers("x"), try row.numbers("y"), try row.numbers("z"))
      let standard = try #require(Statistics.partialSpearman(x, y, given: z))
      #expect(isClose([standard.value, standard.p], [try row.number("value"), try row.number("p")]))
      #expect(standard.degrees == x.count - 3 && standard.interval.contains(standard.value))
      let paper = try #require(Statistics.paperPartialSpearman(x, y, given: z))
      #expect(isClose([paper.value, paper.p], [try row.number("paper"), try row.number("paper_p")]))
      #expect(isClose([paper.interval.lower, paper.interval.upper], try row.numbers("paper_interval")))
    }
  }

  @Test func partialSpearmanIsUndefinedWhereItMustBe() {
    let (x, y): ([Double], [Double]) = ([1, 2, 3, 4], [2, 1, 4, 3])
    #expect(Statistics.partialSpearman(x, y, given: [5, 5, 5, 5]) == nil)
    #expect(Statistics.partialSpearman(x, y, given: [10, 20, 30, 40]) == nil)
    #expect(Statistics.paperPartialSpearman(x, y, given: [5, 5, 5, 5]) == nil)
    #expect(Statistics.paperPartialSpearman(x, y, given: [10, 20, 30, 40]) == nil)
    #expect(Statistics.partialSpearman([1, 2], [1, 2], given: [2, 1]) == nil)
  }

  @Test func signFlipsEqualScipy() throws {
    for row in try fixture.list("signs") {
      let result = Permutation().signFlips(try row.numbers("values"))
      #expect(isClose(result.p, try row.number("p")) && result.isExact)
    }
    // Sampled, the same test comes near the exact one.
    let values = try fixture.list("signs")[1].numbers("values")
    var sampled = Permutation()
    sampled.exactLimit = 1
    let result = sampled.signFlips(values)
    #expect(!result.isExact && isClose(result.p, Permutation().signFlips(values).p, 0.01))
    #expect(result == sampled.signFlips(values))
  }

  @Test func permutationKeepsStrataApart() throws {
    let node = try fixture.member("strata")
    let (x, y) = (try node.numbers("x"), try node.numbers("y"))
    let strata = try node.integers("strata")
    let result = Permutation().withinStrata(x, strata: strata) { Statistics.pearson($0, y) }
    #expect(isClose(result.p, try node.number("p")) && result.isExact && result.arrangements == 24 * 6)
    var sampled = Permutation()
    sampled.exactLimit = 1
    let drawn = sampled.withinStrata(x, strata: strata) { Statistics.pearson($0, y) }
    #expect(isClose(drawn.p, result.p, 0.02))
  }

  @Test func clustersAreResampledWhole() throws {
    let node = try fixture.member("clusters")
    let (sums, sizes) = (try node.numbers("sums"), try node.integers("sizes"))
    let drawn = try node.list("drawn").map { try $0.elements().map { try $0.int() } }
    #expect(isClose(drawn.map { Bootstrap.ratio(sums, sizes, drawn: $0) }, try node.numbers("ratios")))
    // As many right answers in each cluster as scipy was given.
    var (values, clusters): ([Double], [String]) = ([], [])
    for (place, size) in sizes.enumerated() {
      values += (0..<size).map { Double($0) < sums[place] ? 1 : 0 }
      clusters += (0..<size).map { _ in "subject \(place)" }
    }
    let estimate = Bootstrap().mean(crossed: [values], clusters: clusters)
    #expect(isClose(estimate.value, Statistics.mean(values)) && estimate.count == values.count)
    #expect(isClose(estimate.standardError, try node.number("standard_error"), 0.1))
    #expect(estimate.standardError != Bootstrap().mean(values).standardError)
    #expect(
      Bootstrap().mean(crossed: [values], clusters: values.map { _ in "one" }) == Bootstrap().mean(values))
  }

  @Test func pairedDifferencesAreTheBootstrapOfDifferences() {
    let (a, b): ([Double], [Double]) = ([1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 1])
    let difference = Bootstrap().difference([a], [b])
    #expect(difference == Bootstrap().mean(zip(a, b).map { $0 - $1 }))
    #expect(isClose(difference.value, 1.0 / 6))
  }
}
