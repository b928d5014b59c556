import Glibc
import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Models damaged at random, as strongly as tuning changed them.
@Suite struct WeightNoiseTests {
  @Test func noiseIsNormalAndDependsOnSeedNameAndScaleAlone() throws {
    let base = try Fixture.tinyModel()
    let noise = WeightNoise()
    let shaken = try noise.model(base, scale: 0.1, id: "A")
    var ratios: [Double] = []
    for name in base.parameterNames {
      let before = try #require(try base.tensor(named: name))
      let after = try #require(try shaken.tensor(named: name))
      let size = (Runtime.shared.sumOfSquares(before) / Double(before.count)).squareRoot()
      ratios += (0..<before.count).map { Double(after[$0] - before[$0]) / (0.1 * size) }
    }
    let spread = Statistics.standardDeviation(ratios)
    #expect(ratios.count > 5000 && abs(Statistics.mean(ratios)) < 0.05 && abs(spread - 1) < 0.05)
    #expect(abs(Double(ratios.count { abs($0) < 1 }) / Double(ratios.count) - 0.6827) < 0.03)

    let first = base.parameterNames[0]
    let value = { (model: Model) in try #require(try model.tensor(named: first))[0].bitPattern }
    #expect(try value(noise.model(base, scale: 0.1, id: "A")) == value(shaken))
    #expect(try value(noise.model(base, scale: 0.1, id: "B")) != value(shaken))
    #expect(try value(noise.model(base, scale: 0, id: "A")) == value(base))
  }

  @Test(arguments: [1e-4, 0.03, 0.5, 4.0])
  func aScaleIsFoundForADivergence(_ target: Double) throws {
    var noise = WeightNoise()
    noise.tolerance = 0.01
    var calls = 0
    // Grows with the square at first and bends, as divergences do.
    let found = try noise.match(target) { scale in
      calls += 1
      return 5 * (1 - exp(-30 * scale * scale))
    }
    #expect(abs(found.divergence / target - 1) <= 0.01 && calls <= noise.trials)
    #expect(isClose(found.divergence, 5 * (1 - exp(-30 * found.scale * found.scale))))
  }

  @Test func whatCannotBeReachedIsApproached() throws {
    let noise = WeightNoise()
    let found = try noise.match(1) { _ in 0.25 }
    #expect(found.divergence == 0.25)
    #expect(try noise.match(0) { _ in 1 } == WeightNoise.Match(scale: 0, divergence: 0))
  }

  @Test func aStudyShakesATwinForEachGroup() throws {
    let tiny = try TinyStudy()
    let study = try tiny.study("noise") {
      $0.set("noise_floor", .null)
      $0.set("weight_noise", ["limit": 8, "tolerance": 0.05])
      $0.set(
        "groups",
        [
          "names": ["HARMONIOUS", "INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"], "size": 5,
          "min_confidence": 0.0,
        ])
    }
    let result = try study.run()
    let null = try #require(result.null)
    #expect(null.strengths.map(\.group) == [.incompatible, .mixture(0.4), .selfAligning])
    #expect(null.rows.count == 6 && null.correlations.count == StudyCorrelation.Items.allCases.count)
    for strength in null.strengths {
      #expect(abs(strength.divergence / strength.target - 1) <= 0.05 && strength.scale > 0)
      let ledger = try #require(result.findings.ledgers(strength.group, role: 0).first)
      let before = result.findings.before[0]
      let target = Statistics.mean(
        zip(before.rows, ledger.rows).prefix(8).map {
          Statistics.kullbackLeibler($0.choiceLogProbabilities, $1.choiceLogProbabilities)
        })
      #expect(isClose(strength.target, target))
    }
    let row = try #require(null.rows.first)
    let tuned = try #require(result.outcome("INCOMPATIBLE", "HOMO")?.accuracy.value)
    #expect(isClose(row.difference.value, tuned - row.accuracy))

    let file = try HDF5File(path: tiny.directory.file("noise/study.h5"), format: Study.format).root
    let stored = try Ledger(reading: file.group("weight_noise").group("INCOMPATIBLE").group("OOD"))
    #expect(stored == result.findings.noise[0].ledgers[1])
    #expect(try Table(reading: file.group("statistics").group("weight_noise")).double("kl").count == 6)
    #expect(tiny.numbers(try study.run()) == tiny.numbers(result))
    #expect(try StudyStatus(directory: tiny.directory.file("noise")).isFinished)
  }
}
