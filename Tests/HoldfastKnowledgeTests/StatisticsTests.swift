import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Every statistic equals scipy's, statsmodels' or NumPy's within 1e-10.
@Suite struct StatisticsTests {
  let fixture: JSONNode

  init() throws { fixture = try Fixture.json("statistics.json") }

  @Test func choiceDistributions() throws {
    for pair in try fixture.list("pairs") {
      let (x, y) = (try pair.numbers("x"), try pair.numbers("y"))
      #expect(isClose(Statistics.softmax(x), try pair.numbers("softmax")))
      #expect(isClose(Statistics.logSoftmax(x), try pair.numbers("log_softmax")))
      #expect(Statistics.averageRanks(x) == (try pair.numbers("average_ranks")))
      #expect(Statistics.denseRanksDescending(x) == (try pair.numbers("dense_ranks")))
      #expect(isClose(Statistics.pearson(x, y), try pair.optionalNumber("pearson")))
      #expect(isClose(Statistics.rankPearson(x, y), try pair.optionalNumber("rank_pearson")))
      #expect(isClose(Statistics.spearman(x, y), try pair.optionalNumber("spearman")))
      #expect(isClose(Statistics.kendallTauB(x, y), try pair.optionalNumber("kendall")))
      let (p, q) = (Statistics.softmax(x), Statistics.softmax(y))
      let (logP, logQ) = (Statistics.logSoftmax(x), Statistics.logSoftmax(y))
      #expect(isClose(Statistics.kullbackLeibler(logP, logQ), try pair.number("kl")))
      #expect(isClose(Statistics.jensenShannon(logP, logQ), try pair.number("jsd")))
      #expect(isClose(Statistics.totalVariation(p, q), try pair.number("total_variation")))
      #expect(isClose(Statistics.cosine(p, q), try pair.number("cosine")))
    }
  }

  @Test func mcNemarEqualsStatsmodels() throws {
    for row in try fixture.list("mcnemar") {
      let p = Statistics.mcNemar(lost: try row.member("lost").int(), gained: try row.member("gained").int())
      #expect(isClose(p, try row.number("p")))
    }
  }

  @Test func wilsonEqualsStatsmodels() throws {
    for row in try fixture.list("wilson") {
      let interval = Statistics.wilson(
        successes: try row.member("successes").int(), trials: try row.member("trials").int(),
        level: try row.number("level"))
      #expect(isClose([interval.lower, interval.upper], try row.numbers("interval")))
    }
  }

  @Test func holmEqualsStatsmodels() throws {
    let holm = try fixture.member("holm")
    #expect(isClose(Statistics.holm(try holm.numbers("p")), try holm.numbers("adjusted")))
    #expect(Statistics.holm([]).isEmpty)
  }

  @Test func normalDistribution() throws {
    let normal = try fixture.member("normal")
    #expect(
      isClose(
        try normal.numbers("probabilities").map(Statistics.normalQuantile), try normal.numbers("quantiles"),
        1e-13))
    #expect(isClose(try normal.numbers("z").map(Statistics.normalCDF), try normal.numbers("cdf"), 1e-15))
    #expect(Statistics.normalQuantile(0) == -.infinity && Statistics.normalQuantile(1) == .infinity)
  }

  @Test func quantileEqualsNumPy() throws {
    let quantile = try fixture.member("quantile")
    let values = try quantile.numbers("values")
    let found = try quantile.numbers("at").map { Statistics.quantile(values, $0) }
    #expect(isClose(found, try quantile.numbers("quantiles"), 1e-15))
    #expect(Statistics.quantile([], 0.5).isNaN)
  }

  @Test func bootstrapIntervalsEqualScipy() throws {
    let bootstrap = try fixture.member("bootstrap")
    let (sample, replicates) = (try bootstrap.numbers("sample"), try bootstrap.numbers("replicates"))
    let percentile = Bootstrap.percentile(replicates, level: 0.95)
    #expect(isClose([percentile.lower, percentile.upper], try fixture.numbers("percentile")))
    let bca = try #require(
      Bootstrap.bca(
        replicates, estimate: Statistics.mean(sample), jackknife: Bootstrap.jackknife(sample), level: 0.95))
    #expect(isClose([bca.lower, bca.upper], try fixture.numbers("bca")))
    #expect(bca != percentile)
  }

  @Test func calibrationFollowsItsDefinition() throws {
    let node = try fixture.member("calibration")
    let confidence = try node.numbers("confidence")
    let result = Statistics.calibration(
      confidence: confidence, correct: try node.list("correct").map { try $0.bool() },
      brier: confidence.map { _ in 0.25 })
    #expect(isClose(result.expectedError, try node.number("ece")))
    #expect(isClose(result.rootMeanSquareError, try node.number("rms")))
    #expect(isClose(result.expectedErrorEqualMass, try node.number("ece_mass")))
    #expect(result.brier == 0.25)
  }

  @Test func assignmentIsOptimal() throws {
    for problem in try fixture.list("assignment") {
      let costs = try problem.list("costs").map { try $0.elements().map { try $0.double() } }
      let columns = Assignment.solve(costs)
      #expect(Set(columns).count == costs.count)
      #expect(isClose(zip(costs, columns).reduce(0) { $0 + $1.0[$1.1] }, try problem.number("total")))
    }
    #expect(Assignment.solve([]).isEmpty)
  }

  @Test func pythonShuffle() throws {
    for row in try fixture.list("shuffle") {
      var random = PythonRandom(seed: try row.member("seed").seed())
      let expected = try row.integers("order")
      var order = Array(expected.indices)
      random.shuffle(&order)
      #expect(order == expected)
    }
  }

  @Test func pythonShuffleOfThePaper() {
    for (count, expected) in [(10, [7, 3, 2, 8, 5, 6, 9, 4, 0, 1]), (5, [3, 1, 2, 4, 0])] {
      var (random, order) = (PythonRandom(seed: 42), Array(0..<count))
      random.shuffle(&order)
      #expect(order == expected)
    }
  }
}

/// What must hold for any input.
@Suite struct StatisticsProperties {
  @Test func boundsAndSymmetry() {
    var random = RandomSource(seed: 11)
    for _ in 0..<500 {
      let count = 2 + random.below(25)
      let scale = random.uniform() * 40
      let draw = { (random: inout RandomSource) in
        (0..<count).map { _ in
          let value = random.normal() * scale
          return random.below(4) == 0 ? value.rounded() : value
        }
      }
      let (x, y) = (draw(&random), draw(&random))
      let (p, q) = (Statistics.softmax(x), Statistics.softmax(y))
      let (logP, logQ) = (Statistics.logSoftmax(x), Statistics.logSoftmax(y))
      #expect(isClose(p.reduce(0, +), 1, 1e-12))
      for measure in [Statistics.rankPearson, Statistics.spearman, Statistics.kendallTauB] {
        let value = measure(x, y)
        #expect(isClose(value, measure(y, x)))
        if let value { #expect((-1...1).contains(value)) }
        if let itself = measure(x, x) { #expect(isClose(itself, 1)) }
      }
      #expect(Statistics.kullbackLeibler(logP, logQ) >= 0)
      #expect(isClose(Statistics.kullbackLeibler(logP, logP), 0))
      #expect(isClose(Statistics.jensenShannon(logP, logQ), Statistics.jensenShannon(logQ, logP)))
      #expect((0...0.6931471805599454).contains(Statistics.jensenShannon(logP, logQ)))
      #expect((0...1.0000000000000002).contains(Statistics.totalVariation(p, q)))
      #expect(isClose(Statistics.totalVariation(p, q), Statistics.totalVariation(q, p)))
      // Pinsker's inequality ties the two together.
      let variation = Statistics.totalVariation(p, q)
      #expect(2 * variation * variation <= Statistics.kullbackLeibler(logP, logQ) + 1e-12)
    }
  }

  @Test func bootstrapIsSeededAndCoversItsEstimate() {
    var random = RandomSource(seed: 5)
    let values = (0..<80).map { _ in random.normal() + 0.3 }
    let bootstrap = Bootstrap()
    let first = bootstrap.mean(values)
    #expect(first == bootstrap.mean(values))
    #expect(first.interval.contains(first.value))
    var other = bootstrap
    other.seed = 43
    #expect(other.mean(values).interval != first.interval)
    #expect(isClose(first.standardError, Statistics.standardDeviation(values) / 80.0.squareRoot(), 0.1))
    var wider = bootstrap
    wider.level = 0.99
    #expect(wider.mean(values).interval.lower < first.interval.lower)
    #expect(bootstrap.mean([]).value.isNaN)
    #expect(bootstrap.mean([2, 2, 2]).interval == Interval(lower: 2, upper: 2, level: 0.95))
  }

  @Test func percentileIntervalCoversTheTruth() {
    // 300 samples of 60 normal values: a 95 % interval misses the mean about 15 times, and hardly ever 33 times.
    var random = RandomSource(seed: 99)
    var bootstrap = Bootstrap()
    bootstrap.resamples = 400
    let covered = (0..<300).count { _ in
      bootstrap.mean((0..<60).map { _ in random.normal() }).interval.contains(0)
    }
    #expect(covered >= 267 && covered <= 298)
  }

  @Test func crossedBootstrapOfEqualSeedsIsTheBootstrapOfItems() {
    let values: [Double] = [0, 1, 1, 0, 1, 1, 1, 0, 0, 1]
    let bootstrap = Bootstrap()
    let crossed = bootstrap.mean(crossed: [values, values, values])
    let plain = bootstrap.mean(values)
    #expect(crossed.value == plain.value && crossed.count == 10)
    #expect(isClose(crossed.standardError, plain.standardError, 0.1))
    // Seeds that disagree widen the interval.
    let apart = bootstrap.mean(crossed: [values.map { $0 + 1 }, values.map { $0 - 1 }])
    #expect(isClose(apart.value, plain.value) && apart.standardError > 2 * plain.standardError)
  }

  @Test func minimumDetectableDifferenceMatchesTheMeasuredOnes() {
    // One answer in ten differs between two groups: 400 items give about 4.5 points, 800 about 3.2.
    let error = { (items: Double) in (0.1 / items).squareRoot() }
    #expect(isClose(Statistics.minimumDetectableDifference(standardError: error(400)), 0.0443, 1e-3))
    #expect(isClose(Statistics.minimumDetectableDifference(standardError: error(800)), 0.0313, 1e-3))
  }
}
