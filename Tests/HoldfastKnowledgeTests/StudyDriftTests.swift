import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning
import Testing

@testable import HoldfastKnowledge

/// Knowledge followed during tuning: a curve, an early stop, the best weights.
@Suite struct StudyDriftTests {
  private let tiny: TinyStudy
  private var directory: Fixture.Directory { tiny.directory }

  init() throws { tiny = try TinyStudy() }

  private func driftStudy(_ output: String, _ drift: [(ByteString, JSON)] = []) throws -> Study {
    _ = try directory.write(TinyStudy.questions(6, of: "drift", seed: 9), to: "drift.jsonl")
    return try tiny.study(output) {
      var options: JSON = ["questions": "drift.jsonl", "every": 2]
      for (key, value) in drift { options.set(key, value) }
      $0.set("drift", options)
      $0.set("noise_floor", .null)
      $0.set("groups", ["names": ["HARMONIOUS", "INCOMPATIBLE"], "size": 5, "min_confidence": 0.0])
    }
  }

  @Test func driftIsACurveThatChangesNothing() throws {
    let result = try driftStudy("drift").run()
    let plain = try tiny.study("undrifted") {
      $0.set("groups", ["names": ["HARMONIOUS", "INCOMPATIBLE"], "size": 5, "min_confidence": 0.0])
    }.run()
    #expect(result.findings.training.map(\.losses) == plain.findings.training.map(\.losses))
    for run in result.findings.training {
      #expect(run.drift.map(\.step) == [2, 4, 6] && run.keptStep == 6 && !run.stoppedEarly)
      let tuned = try Probe.run(Model.load(run.path), QuestionSet.read(directory.file("drift.jsonl")))
      let before = try #require(result.findings.driftBaseline)
      #expect(try run.drift.last == DriftPoint(step: 6, before: before, now: tuned, mode: .default))
    }
    let file = try HDF5File(path: directory.file("drift/study.h5"), format: Study.format).root
    let table = try Table(reading: file.group("training").group("HARMONIOUS").group("drift"))
    #expect(try table.double("rank_pearson") == result.findings.training[0].drift.map(\.consistency))
    #expect(tiny.numbers(try driftStudy("drift").run()) == tiny.numbers(result))
  }

  @Test func driftStopsEarlyAndKeepsTheBest() throws {
    let stop: [(ByteString, JSON)] = [("stop_below", 1.0), ("keep", "best")]
    let result = try driftStudy("stopped", stop).run()
    for run in result.findings.training {
      #expect(run.drift.dropLast().allSatisfy { $0.consistency >= 1 })
      if run.stoppedEarly { #expect(run.losses.count == run.drift.last?.step && run.losses.count <= 6) }
    }
    #expect(result.findings.training.contains { $0.stoppedEarly })
    let best = try driftStudy("best", [("keep", "best")]).run()
    for run in best.findings.training {
      let most = try #require(run.drift.map(\.accuracy).max())
      let kept = try #require(run.drift.first { $0.step == run.keptStep })
      #expect(kept.accuracy == most && run.losses.count == 6)
      let tuned = try Probe.run(Model.load(run.path), QuestionSet.read(directory.file("drift.jsonl")))
      #expect(tuned.accuracy?.value == most)
    }
    for moment in [14, 17] {
      var count = 0
      let name = "drift-cancelled-\(moment)"
      let error = thrown {
        _ = try driftStudy(name, stop).run { _ in
          count += 1
          return count < moment
        }
      }
      #expect(error?.code == .cancelled)
      #expect(tiny.numbers(try driftStudy(name, stop).run()) == tiny.numbers(result))
    }
  }
}
