import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning
import Testing

@testable import HoldfastKnowledge

/// A whole study of a tiny model: run, run again, stopped, killed, changed.
@Suite struct StudyTests {
  let directory: Fixture.Directory

  init() throws {
    directory = try Fixture.Directory()
    _ = try directory.write(Self.questions(40, of: "pool", seed: 1), to: "pool.jsonl")
    _ = try directory.write(Self.questions(14, of: "home", seed: 2), to: "home.jsonl")
    // The second role repeats three questions of the first, which are to be dropped.
    let repeated = Self.questions(3, of: "home", seed: 2) + Self.questions(9, of: "away", seed: 3)
    _ = try directory.write(repeated.replacingIDs(), to: "away.jsonl")
  }

  /// Made-up questions in JSONL, two to four choices each.
  private static func questions(_ count: Int, of name: String, seed: UInt64) -> String {
    var random = RandomSource(seed: seed)
    let words = ["the", "answer", "is", "in", "question", "then", "other", "where", "nine", "quin"]
    let phrase = { (random: inout RandomSource) in
      (0..<(1 + random.below(3))).map { _ in words[random.below(words.count)] }.joined(separator: " ")
    }
    return (0..<count).map { index in
      let size = 2 + random.below(3)
      let choices = (0..<size).map { "\"\(phrase(&random)) \($0)\"" }.joined(separator: ", ")
      return
        #"{"id": "\#(name)-\#(index)", "question": "\#(name) \#(phrase(&random)) \#(index)?", "choices": [\#(choices)], "#
        + #""answer": \#(random.below(size))}"# + "\n"
    }.joined()
  }

  private func study(_ output: String, seeds: JSON = [7], _ change: (inout JSON) -> Void = { _ in }) throws
    -> Study
  {
    var json: JSON = [
      "name": "tiny", "output": .text(directory.file(output)),
      "model": .text("\(Fixture.root)/model/tiny-tied"),
      "seeds": seeds, "pool": ["questions": "pool.jsonl"],
      "groups": ["size": 5, "min_confidence": 0.0],
      "tune": ["epochs": 2, "batch_size": 2, "learning_rate": 0.01],
      "checkpoint_steps": 2,
      "evaluate": [
        ["role": "HOMO", "name": "home", "questions": "home.jsonl", "limit": 12],
        ["role": "OOD", "questions": "away.jsonl"],
      ],
      "noise_floor": ["prompts": 2, "limit": 6], "statistics": ["resamples": 200],
    ]
    change(&json)
    return try Study(json, baseDirectory: directory.path)
  }

  /// All that must come out the same: answers, curves, groups, contrasts.
  private func numbers(_ result: StudyResult) -> JSON {
    var json = result.json
    for key in ["created", "directory", "configuration"] as [ByteString] { json.set(key, .null) }
    let curves = result.findings.training.map { $0.losses + $0.gradientNorms + [$0.weightDistance] }
    json.set("training", .array(curves.map { .numbers($0) }))
    json.set("rows", .array(result.findings.answers.flatMap { $0.ledger.rows.map(\.json) }))
    return json
  }

  @Test func runsAndWritesEverything() throws {
    let study = try study("run")
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
    #expect(try file.group("training").group("HARMONIOUS").dataset("loss").axes() == ["step"])
    #expect(try file.group("statistics").group("contrasts").dataset("p_holm").count == 4)
    #expect(try Model.load("\(root)/models/harmonious.h5").configuration == Fixture.tinyModel().configuration)
  }

  @Test func runAgainItComputesNothing() throws {
    let study = try study("again")
    let first = try study.run()
    let weights = directory.file("again/models/harmonious.h5")
    let digest = try SHA256.hex(path: weights)
    var computed: [String] = []
    let second = try study.run {
      if $0.done < $0.total { computed.append($0.stage) }
      return true
    }
    #expect(computed.isEmpty, "\(computed)")
    #expect(numbers(second) == numbers(first))
    #expect(try SHA256.hex(path: weights) == digest)
  }

  @Test func aChangeRedoesOnlyWhatDependsOnIt() throws {
    _ = try study("change").run()
    func computed(_ change: (inout JSON) -> Void) throws -> Set<String> {
      var stages: Set<String> = []
      _ = try study("change", change).run {
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

  /// What a kill leaves is what lies on the disk at that moment, since every file is written atomically.
  @Test func killedAnywhereItEndsInTheSameNumbers() throws {
    let reference = numbers(try study("whole").run())
    var reports = 0
    _ = try study("counted").run { _ in
      reports += 1
      return true
    }
    #expect(reports > 40)
    for moment in stride(from: 1, to: reports, by: 7) {
      let killed = "killed-\(moment)"
      var count = 0
      _ = try study("victim-\(moment)").run { _ in
        count += 1
        if count == moment {
          do { try copyTree(directory.file("victim-\(moment)"), to: directory.file(killed)) } catch {
            Issue.record(error)
          }
        }
        return true
      }
      #expect(numbers(try study(killed).run()) == reference, "killed at report \(moment) of \(reports)")
      try StudyDirectory.removeTree(directory.file("victim-\(moment)"))
      try StudyDirectory.removeTree(directory.file(killed))
    }
  }

  @Test func cancelledItGoesOn() throws {
    let reference = numbers(try study("uncancelled").run())
    for moment in [3, 30, 45] {
      var count = 0
      let error = thrown {
        _ = try study("cancelled-\(moment)").run { _ in
          count += 1
          return count < moment
        }
      }
      #expect(error?.code == .cancelled)
      #expect(try !StudyStatus(directory: directory.file("cancelled-\(moment)")).isFinished)
      #expect(numbers(try study("cancelled-\(moment)").run()) == reference)
    }
  }

  @Test func severalSeedsAreCrossed() throws {
    let result = try study("seeds", seeds: [1, 2]) { $0.set("noise_floor", .null) }.run()
    #expect(result.findings.training.map(\.model.name).prefix(2) == ["HARMONIOUS-seed1", "HARMONIOUS-seed2"])
    #expect(result.outcome("HARMONIOUS", "HOMO")?.flips.count == 2 && result.floors.isEmpty)
    #expect(FileSystem.exists(directory.file("seeds/models/incompatible-seed2.h5")))
    #expect(!result.sentences.contains { $0.hasPrefix("One seed") })
  }

  @Test func controlsMixturesAndGeneralInstructionsAreTuned() throws {
    let lines = (0..<12).map { #"{"instruction": "say \#($0)", "output": "the answer is \#($0)"}"# }
    _ = try directory.write(lines.joined(separator: "\n"), to: "general.jsonl")
    let study = try study("controls") {
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
    #expect(numbers(try study.run()) == numbers(result))
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

  private func driftStudy(_ output: String, _ drift: [(ByteString, JSON)] = []) throws -> Study {
    _ = try directory.write(Self.questions(6, of: "drift", seed: 9), to: "drift.jsonl")
    return try study(output) {
      var options: JSON = ["questions": "drift.jsonl", "every": 2]
      for (key, value) in drift { options.set(key, value) }
      $0.set("drift", options)
      $0.set("noise_floor", .null)
      $0.set("groups", ["names": ["HARMONIOUS", "INCOMPATIBLE"], "size": 5, "min_confidence": 0.0])
    }
  }

  @Test func driftIsACurveThatChangesNothing() throws {
    let result = try driftStudy("drift").run()
    let plain = try study("undrifted") {
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
    #expect(numbers(try driftStudy("drift").run()) == numbers(result))
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
      #expect(numbers(try driftStudy(name, stop).run()) == numbers(result))
    }
  }

  @Test func consistencyAndAccuracyAreCorrelatedOverGroupsAndRoles() throws {
    let result = try study("correlated") {
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
    _ = try directory.write(Self.questions(6, of: "dev", seed: 4), to: "dev.jsonl")
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
    let study = try study("paper") {
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
    #expect(numbers(try study.run()) == numbers(result))
  }

  @Test func brokenModelsAndFilesAreNamed() throws {
    let noModel = thrown { _ = try study("m") { $0.set("model", "nowhere.gguf") }.run() }
    #expect(noModel?.code == .notFound && noModel?.message.contains("nowhere.gguf") == true)
    let tooLarge = thrown {
      _ = try study("g") { $0.set("groups", ["size": 500, "min_confidence": 0]) }.run()
    }
    #expect(tooLarge?.message.contains("500 rows") == true)
    #expect(thrown { _ = try StudyStatus(directory: directory.file("nothing")) }?.code == .notFound)
  }

  @Test func twoRunsDoNotMeet() throws {
    let study = try study("locked")
    var second: HoldfastError?
    _ = try study.run { _ in
      if second == nil { second = thrown { _ = try study.run() } }
      return true
    }
    #expect(second?.code == .io)
  }

  private func copyTree(_ source: String, to target: String) throws {
    try FileSystem.makeDirectory(target)
    for name in try FileSystem.list(source) {
      let (from, to) = ("\(source)/\(name.text)", "\(target)/\(name.text)")
      if FileSystem.isDirectory(from) {
        try copyTree(from, to: to)
      } else {
        try AtomicFile.write(MappedFile(path: from).withBytes { Array($0) }, to: to)
      }
    }
  }
}

/// What a study file must say, and how it is told what is wrong.
@Suite struct StudySpecificationTests {
  private let base: JSON = [
    "name": "s", "model": "m.gguf", "pool": ["questions": "p.jsonl"],
    "evaluate": [["role": "HOMO", "questions": "h.jsonl"]],
  ]

  @Test func defaults() throws {
    let specification = try Study(base, baseDirectory: "/data").specification
    #expect(
      specification.model == "/data/m.gguf" && specification.evaluate[0].source.questions == "/data/h.jsonl")
    #expect(
      specification.output == "runs/s" && specification.seeds == [42] && specification.groups.names.count == 3
    )
    #expect(specification.contrasts.map(\.first) == [.harmonious, .selfAligning])
    #expect(specification.comparesIdenticalPrompts && specification.bootstrap.resamples == 2000)
  }

  @Test(
    arguments: [
      ("name", "../x", "name"), ("name", "", "name"), ("modle", "x", "modle"), ("seeds", [], "seeds"),
      ("seeds", [1, 1], "seeds"),
      ("seed", -1, "seed"), ("evaluate", [], "evaluate"), ("pool", [:], "questions"),
      ("mode", "papre", "mode"),
      ("probe", ["shots": 2], "demonstrations"), ("probe", ["shots": -2], "shots"),
      ("contrasts", [["HARMONIOUS"]], "two"),
      ("contrasts", [["HARMONIOUS", "HARMONIOUS"]], "two"),
      ("groups", ["names": ["FORMAT-ONLY"]], "general"), ("groups", ["names": ["SDFT"]], "letter"),
      ("general", ["data": "a", "share": 1], "share"),
      ("general", ["data": "a", "template": "x"], "template"), ("groups", ["names": ["MIXED"]], "MIXED"),
      ("tune", ["learning_rate": "fast"], "learning_rate"), ("statistics", ["confidence": 1.5], "confidence"),
      ("noise_floor", ["roles": ["XX"]], "XX"),
      ("drift", ["questions": "d", "every": 0], "every"),
      ("drift", ["questions": "d", "stop_below": 2], "stop_below"),
      ("writing", ["top_p": 0], "top_p"), ("pool", ["mmlu": "m", "domain": "cooking"], "cooking"),
      ("model", "${HOLDFAST_NO_SUCH}/m", "HOLDFAST_NO_SUCH"),
      ("after", ["shots": "no"], "shots"),
      ("evaluate", [["role": "a/b", "questions": "q"]], "a/b"),
      ("evaluate", [["role": "A", "questions": "q"], ["role": "A", "questions": "r"]], "twice"),
    ] as [(ByteString, JSON, String)])
  func errorsNameTheKey(_ key: ByteString, _ value: JSON, _ named: String) throws {
    var json = base
    json.set(key, value)
    let message = try #require(thrown { _ = try Study(json, name: "s.yaml") }?.message)
    #expect(message.contains(named) && !message.isEmpty, "\(message)")
  }
}

extension String {
  /// Ids of repeated questions made their own.
  fileprivate func replacingIDs() -> String {
    split(separator: "\n").enumerated().map { index, line in
      #"{"id": "away-\#(index)""# + line.drop { $0 != "," }
    }.joined(separator: "\n")
  }
}
