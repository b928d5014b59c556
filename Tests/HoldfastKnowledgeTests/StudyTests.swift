import Glibc
import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning
import Testing

@testable import HoldfastKnowledge

/// A whole study of a tiny model: run, run again, stopped, killed, changed.
@Suite struct StudyTests {
  private let tiny: TinyStudy
  private var directory: Fixture.Directory { tiny.directory }

  init() throws { tiny = try TinyStudy() }

  @Test func runsAndWritesEverything() throws {
    let study = try tiny.study("run")
    let result = try study.run()
    #expect(
      result.outcomes.map(\.model).prefix(4) == ["before", "HARMONIOUS", "INCOMPATIBLE", "SELF-ALIGNING"])
    #expect(result.outcomes.count == 8 && result.contrasts.count == 4 && result.floors.count == 2)
    #expect(result.findings.before.map(\.count) == [12, 9])
    #expect(result.findings.drops == [.init(from: "OOD", keptIn: "HOMO", count: 3)])
    #expect(
      result.findings.training.allSatisfy { $0.losses.count == 6 && $0.rows == 5 && $0.targetTokens > 5 })
    #expect(result.findings.training.allSatisfy { $0.weightDistance > 0.1 && $0.weightDistance < 100 })
    let changed = try #require(result.outcome("INCOMPATIBLE", "HOMO")?[.kullbackLeibler]?.mean.value)
    #expect(changed > 0)
    for contrast in result.contrasts {
      #expect(contrast.adjustedP >= contrast.p && contrast.minimumDetectable > 0)
      #expect(result.sentences.contains(contrast.sentence))
    }
    let root = directory.file("run")
    for name in [
      "study.h5", "summary.json", "summary.txt", "models/self-aligning.h5", "groups/harmonious.jsonl",
    ] {
      #expect(FileSystem.exists("\(root)/\(name)"), "\(name)")
    }
    #expect(!FileSystem.exists("\(root)/stages/tune-HARMONIOUS/checkpoint.h5"))
    #expect(try JSON.read("\(root)/summary.json")["summary"]?.arrayValue?.count == result.sentences.count)
    let status = try StudyStatus(directory: root)
    #expect(status.isFinished && status.stages.count == 1 + 2 + 2 + 3 * 3)

    let file = try HDF5File(path: "\(root)/study.h5", format: Study.format).root
    let stored = try file.group("ledgers").group("INCOMPATIBLE").group("HOMO")
    #expect(try Ledger(reading: stored) == result.findings.ledgers(.incompatible, role: 0)[0])
    let asked = try file.group("questions").group("OOD")
    let (away, table) = (result.findings.questions[1], try Table(reading: asked))
    #expect(away.count == 9 && away.questions.map(\.id) == result.findings.before[1].rows.map(\.id))
    #expect(try table.text("question") == away.questions.map { ByteString($0.question) })
    #expect(try table.int32("gold") == away.questions.map { Int32($0.answer ?? -1) })
    let choices = try asked.dataset("choices")
    let width = choices.shape[1]
    #expect(try choices.axes() == ["item", "choice"] && width == away.questions.map(\.choices.count).max())
    for (index, texts) in away.questions.map(\.choices).enumerated() {
      let stored = try choices.readStrings()[(index * width)..<((index + 1) * width)]
      #expect(Array(stored) == (0..<width).map { $0 < texts.count ? ByteString(texts[$0]) : "" })
    }
    #expect(try file.group("training").group("HARMONIOUS").dataset("loss").axes() == ["step"])
    #expect(try file.group("statistics").group("contrasts").dataset("p_holm").count == 4)
    #expect(try Model.load("\(root)/models/harmonious.h5").configuration == Fixture.tinyModel().configuration)
  }

  @Test func theNoiseFloorMeasuresDivergenceToo() throws {
    let floor = try #require(try tiny.study("floor").run().floors.first?.floor)
    let divergences = floor.prompts.map(\.divergence)
    #expect(divergences.count == 2 && divergences.allSatisfy { $0 > 0 && $0.isFinite })
    // The first prompt's, from the definition: KL(p‖q) of the usual answers and those to the other wording.
    let set = try QuestionSet.read(directory.file("home.jsonl")).prefix(6)
    let model = try Model.load("\(Fixture.root)/model/tiny-tied")
    let usual = try Probe.run(model, set)
    let alternative = NoiseFloor.alternatives(to: ProbeOptions(), demonstrations: 0, choices: 4)[0]
    let other = try Probe.run(model, set, options: alternative.options)
    var sum = 0.0
    for (a, b) in zip(usual.rows, other.rows) {
      for (p, q) in zip(a.choiceLogProbabilities, b.choiceLogProbabilities) { sum += exp(p) * (p - q) }
    }
    #expect(abs(sum / 6 - divergences[0]) < 1e-12)
    #expect(floor.overall.divergence == Statistics.mean(divergences))
    #expect(floor.overall.divergenceHighQuantile == Statistics.quantile(divergences, 0.975))
    #expect(floor.json["levels"]?.arrayValue?.last?["kl"]?.doubleValue == floor.overall.divergence)
  }

  @Test func runAgainItComputesNothing() throws {
    let study = try tiny.study("again")
    let first = try study.run()
    let weights = directory.file("again/models/harmonious.h5")
    let digest = try SHA256.hex(path: weights)
    var computed: [String] = []
    let second = try study.run {
      if $0.done < $0.total { computed.append($0.stage) }
      return true
    }
    #expect(computed.isEmpty, "\(computed)")
    #expect(tiny.numbers(second) == tiny.numbers(first))
    #expect(try SHA256.hex(path: weights) == digest)
  }

  @Test func aChangeRedoesOnlyWhatDependsOnIt() throws {
    _ = try tiny.study("change").run()
    func computed(_ change: (inout JSON) -> Void) throws -> Set<String> {
      var stages: Set<String> = []
      _ = try tiny.study("change", change).run {
        if $0.done < $0.total { stages.insert($0.stage) }
        return true
      }
      return stages
    }
    #expect(try computed { $0.set("statistics", ["resamples": 300]) }.isEmpty)
    #expect(try computed { $0.set("probe", ["batch_size": 3]) }.isEmpty)
    let tuned = try computed { $0.set("tune", ["epochs": 1, "batch_size": 2, "learning_rate": 0.01]) }
    #expect(tuned.contains("tune HARMONIOUS") && tuned.contains("probe HARMONIOUS OOD"))
    #expect(!tuned.contains("probe pool") && !tuned.contains { $0.hasPrefix("noise floor") })
  }

  @Test func aKLPenaltyHasACurveOfItsOwn() throws {
    func study(_ weight: Double?) throws -> Study {
      try tiny.study("penalty") {
        $0.set("tune", ["epochs": 2, "batch_size": 2, "learning_rate": 0.01])
        if let weight, var tune = $0["tune"] {
          tune.set("kl_weight", .number(weight))
          $0.set("tune", tune)
        }
      }
    }
    let plain = try study(nil).run()
    #expect(plain.findings.training.allSatisfy { $0.divergences.isEmpty && $0.json["kl"] == nil })
    // No weight is what there was before: nothing is tuned again.
    var computed: [String] = []
    _ = try study(0).run {
      if $0.done < $0.total { computed.append($0.stage) }
      return true
    }
    #expect(computed.isEmpty, "\(computed)")
    let result = try study(0.5).run()
    let root = directory.file("penalty")
    let file = try HDF5File(path: "\(root)/study.h5", format: Study.format).root.group("training")
    for (training, before) in zip(result.findings.training, plain.findings.training) {
      #expect(training.divergences.count == 6 && training.divergences[0] == 0)
      #expect(training.losses != before.losses && training.weightDistance < before.weightDistance * 1.5)
      let stored = try file.group(ByteString(training.model.name)).dataset("kl")
      #expect(try stored.axes() == ["step"] && stored.read(as: Double.self) == training.divergences)
    }
    // Read back from the stage's record.
    #expect(
      try study(0.5).run().findings.training.map(\.divergences) == result.findings.training.map(\.divergences)
    )
    let error = #expect(throws: HoldfastError.self) { try study(-0.5) }
    #expect(error?.message.contains("kl_weight") == true)
  }

  /// What a kill leaves is what lies on the disk at that moment, since every file is written atomically.
  @Test func killedAnywhereItEndsInTheSameNumbers() throws {
    let reference = tiny.numbers(try tiny.study("whole").run())
    var reports = 0
    _ = try tiny.study("counted").run { _ in
      reports += 1
      return true
    }
    #expect(reports > 40)
    for moment in stride(from: 1, to: reports, by: 7) {
      let killed = "killed-\(moment)"
      var count = 0
      _ = try tiny.study("victim-\(moment)").run { _ in
        count += 1
        if count == moment {
          do { try tiny.copyTree(directory.file("victim-\(moment)"), to: directory.file(killed)) } catch {
            Issue.record(error)
          }
        }
        return true
      }
      #expect(
        tiny.numbers(try tiny.study(killed).run()) == reference, "killed at report \(moment) of \(reports)")
      try StudyDirectory.removeTree(directory.file("victim-\(moment)"))
      try StudyDirectory.removeTree(directory.file(killed))
    }
  }

  @Test func cancelledItGoesOn() throws {
    let reference = tiny.numbers(try tiny.study("uncancelled").run())
    for moment in [3, 30, 45] {
      var count = 0
      let error = thrown {
        _ = try tiny.study("cancelled-\(moment)").run { _ in
          count += 1
          return count < moment
        }
      }
      #expect(error?.code == .cancelled)
      #expect(try !StudyStatus(directory: directory.file("cancelled-\(moment)")).isFinished)
      #expect(tiny.numbers(try tiny.study("cancelled-\(moment)").run()) == reference)
    }
  }

  @Test func severalSeedsAreCrossed() throws {
    let result = try tiny.study("seeds", seeds: [1, 2]) { $0.set("noise_floor", .null) }.run()
    #expect(result.findings.training.map(\.model.name).prefix(2) == ["HARMONIOUS-seed1", "HARMONIOUS-seed2"])
    #expect(result.outcome("HARMONIOUS", "HOMO")?.flips.count == 2 && result.floors.isEmpty)
    #expect(FileSystem.exists(directory.file("seeds/models/incompatible-seed2.h5")))
    #expect(!result.sentences.contains { $0.hasPrefix("One seed") })
  }

  @Test func controlsMixturesAndGeneralInstructionsAreTuned() throws {
    let lines = (0..<12).map { #"{"instruction": "say \#($0)", "output": "the answer is \#($0)"}"# }
    _ = try directory.write(lines.joined(separator: "\n"), to: "general.jsonl")
    let study = try tiny.study("controls") {
      $0.set("noise_floor", .null)
      $0.set(
        "groups",
        [
          "names": ["INCOMPATIBLE", "MIXTURE-0.4", "RANDOM-WRONG", "FORMAT-ONLY", "R-TUNING"], "size": 4,
          "min_confidence": 0.0,
        ])
      $0.set("general", ["data": "general.jsonl", "share": 0.5, "template": "none"])
      $0.set("contrasts", [["MIXTURE-0.4", "INCOMPATIBLE"], ["INCOMPATIBLE", "FORMAT-ONLY"]])
    }
    let result = try study.run()
    #expect(result.findings.training.map(\.rows) == [8, 8, 8, 4, 8])
    #expect(result.contrasts.count == 4 && result.contrasts[0].first == .mixture(0.4))
    let root = directory.file("controls")
    for name in [
      "groups/assignment.csv", "groups/assignment.jsonl", "groups/format-only.jsonl", "models/mixture-0.4.h5",
    ] {
      #expect(FileSystem.exists("\(root)/\(name)"), "\(name)")
    }
    let file = try HDF5File(path: "\(root)/study.h5", format: Study.format).root
    #expect(
      try Table(reading: file.group("groups").group("assignment")).text("group").count {
        $0.text == "FORMAT-ONLY"
      } == 0)
    #expect(tiny.numbers(try study.run()) == tiny.numbers(result))
  }

  /// A general instruction that cannot be learned is told before anything is computed, and a group's row that does not
  /// fit before anything is tuned.
  @Test func whatCannotBeLearnedIsToldBeforeTuning() throws {
    let lines = (0..<60).map { #"{"instruction": "say \#($0) again", "output": "\#($0)"}"# }
    _ = try directory.write(lines.joined(separator: "\n"), to: "long.jsonl")
    let study = { (name: String, size: JSON) in
      try tiny.study(name) {
        $0.set("groups", ["names": ["FORMAT-ONLY", "INCOMPATIBLE"], "size": size, "min_confidence": 0.0])
        $0.set("general", ["data": "long.jsonl", "share": 0, "template": "none", "max_length": 2])
      }
    }
    for (name, size, isProbed) in [("named", JSON.int(4), false), ("open", .null, true)] {
      let error = #expect(throws: HoldfastError.self) { try study(name, size).run() }
      #expect(error?.message.contains("long.jsonl:") == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("no token of the response is left to learn") == true)
      #expect(FileSystem.exists(directory.file("\(name)/stages/probe-pool")) == isProbed)
      #expect(!FileSystem.exists(directory.file("\(name)/stages/tune-FORMAT-ONLY")))
    }
  }

  @Test func paperModeChangesThePromptAndSaysSo() throws {
    let description: JSON = [
      "name": "p", "model": "m", "mode": "paper", "pool": ["questions": "a"],
      "evaluate": [["role": "HOMO", "questions": "b"]],
      "demonstrations": ["questions": "c"], "probe": ["domain": "history"],
    ]
    let specification = try Study(description).specification
    #expect(specification.probe == .paper(domain: "history"))
    #expect(specification.after.shots == 0 && specification.after.template == "vicuna")
    #expect(!specification.comparesIdenticalPrompts && specification.output == "runs/p")
  }

  @Test func consistencyAndAccuracyAreCorrelatedOverGroupsAndRoles() throws {
    let result = try tiny.study("correlated") {
      $0.set("noise_floor", .null)
      $0.set(
        "groups",
        [
          "names": ["HARMONIOUS", "INCOMPATIBLE", "MIXTURE-0.4", "SELF-ALIGNING"], "size": 5,
          "min_confidence": 0.0,
        ])
    }.run()
    #expect(result.correlations.map(\.items) == StudyCorrelation.Items.allCases)
    let whole = try #require(result.correlations.first)
    let outcomes = result.outcomes.filter { !["before", "HARMONIOUS"].contains($0.model) }
    let x = try outcomes.map { try #require($0[.rankPearson]?.mean.value) }
    #expect(whole.count == 6 && isClose(whole.plain, Statistics.spearman(x, outcomes.map(\.accuracy.value))))
    #expect(whole.permutation.isExact && whole.permutation.arrangements == 36)
  }

  /// The paper's protocol from end to end: letters, demonstrations before and none after, the Vicuna template, MMLU's
  /// subjects by domain, dense ranks with undefined counted as 0.
  @Test func paperModeRunsToTheEnd() throws {
    _ = try directory.write(TinyStudy.questions(6, of: "dev", seed: 4), to: "dev.jsonl")
    for (subject, split, count) in [
      ("electrical_engineering", "test", 4), ("electrical_engineering", "dev", 3), ("virology", "test", 3),
      ("virology", "dev", 2),
    ] {
      let rows = (0..<count).map {
        "\(subject) \(split) \($0)?,the answer,\"is, in\",other,nine,\(["A", "D"][$0 % 2])\n"
      }
      _ = try directory.write(rows.joined(), to: "\(subject)_\(split).csv")
    }
    let model = try Fixture.longModel(in: directory)
    let study = try tiny.study("paper") {
      $0.set("mode", "paper")
      $0.set("model", .text(model))
      $0.set("probe", ["domain": "history", "shots": 2])
      $0.set("demonstrations", [["questions": "dev.jsonl"], ["mmlu": ".", "split": "dev"]])
      $0.set("noise_floor", .null)
      let mmlu: JSON = ["domain": "{subject}", "bos": "never"]
      $0.set(
        "evaluate",
        [
          ["role": "HOMO", "questions": "home.jsonl", "limit": 8],
          ["role": "ID", "mmlu": ".", "domain": "engineering", "probe": mmlu],
          ["role": "OOD", "mmlu": ".", "domain": "engineering", "probe": mmlu],
        ])
    }
    let result = try study.run()
    #expect(result.findings.before.map(\.count) == [8, 4, 3])
    let settings = result.findings.before[1].settings
    #expect(settings.options.shots == 2 && settings.options.bos == .never && settings.options.mode == .paper)
    #expect(
      settings.demonstrations.allSatisfy { $0.hasPrefix("electrical_engineering-") }
        && settings.demonstrations.count == 2
    )
    #expect(result.findings.before[0].settings.demonstrations.allSatisfy { $0.hasPrefix("dev-") })
    let after = try #require(result.findings.ledgers(.incompatible, role: 1).first).settings.options
    #expect(after.shots == 0 && after.template == "vicuna" && after.domain == "{subject}")
    for outcome in result.outcomes where outcome.model != "before" {
      let ledgers = try #require(result.findings.answers.first { $0.model.group.rawValue == outcome.model })
      #expect(outcome.identicalPrompts == 0 && ledgers.ledger.settings.options.probe == .letter)
      let role = try #require(["HOMO", "ID", "OOD"].firstIndex(of: outcome.role))
      let group = try GroupName(outcome.model)
      let ranks = zip(
        result.findings.before[role].rows, result.findings.ledgers(group, role: role)[0].rows
      ).map { Statistics.rankPearson($0.scores, $1.scores) ?? 0 }
      #expect(isClose(outcome[.rankPearson]?.mean.value, Statistics.mean(ranks)))
    }
    #expect(result.sentences.contains { $0.contains("prompt changes together with the model") })
    #expect(tiny.numbers(try study.run()) == tiny.numbers(result))
  }

  @Test func brokenModelsAndFilesAreNamed() throws {
    let noModel = thrown { _ = try tiny.study("m") { $0.set("model", "nowhere.gguf") }.run() }
    #expect(noModel?.code == .notFound && noModel?.message.contains("nowhere.gguf") == true)
    let tooLarge = thrown {
      _ = try tiny.study("g") { $0.set("groups", ["size": 500, "min_confidence": 0]) }.run()
    }
    #expect(tooLarge?.message.contains("500 rows") == true)
    #expect(thrown { _ = try StudyStatus(directory: directory.file("nothing")) }?.code == .notFound)
  }

  @Test func twoRunsDoNotMeet() throws {
    let study = try tiny.study("locked")
    var second: HoldfastError?
    _ = try study.run { _ in
      if second == nil { second = thrown { _ = try study.run() } }
      return true
    }
    #expect(second?.code == .io)
  }
}
