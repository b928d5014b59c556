import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Probes averaged over prompts, and the categories of knowledge.
@Suite struct KnowledgeTests {
  let model: Model
  let questions: QuestionSet
  let demonstrations: QuestionSet

  init() throws {
    model = try Fixture.tinyModel()
    // The others do not fit the tiny model's context as letters.
    questions = try Fixture.questions().prefix(7)
    demonstrations = try QuestionSet(
      (0..<6).map {
        Question(id: "d\($0)", question: "Is it \($0)?", choices: ["the \($0)", "other"], answer: $0 % 2)
      }, name: "dev")
  }

  @Test func rotationsAreAveragedChoiceByChoice() throws {
    let letters = ProbeOptions.paper(domain: nil).with {
      $0.mode = .default
      $0.shots = 0
    }
    let averaged = try Probe.run(model, questions, options: letters.with { $0.averagesRotations = true })
    let most = questions.questions.map(\.choices.count).max() ?? 0
    let single = try (0..<most).map { rotation in
      try Probe.run(model, questions, options: letters.with { $0.rotation = rotation })
    }
    for (index, row) in averaged.rows.enumerated() {
      let own = single.prefix(row.scores.count).map { $0.rows[index] }
      let mean = row.scores.indices.map { choice in Statistics.mean(own.map { $0.probabilities[choice] }) }
      #expect(isClose(row.probabilities, mean, 1e-12))
      #expect(row.variants == own.map(\.scores) && row.promptDigest != own[0].promptDigest)
      // Each rotation scores choice 0 at another letter.
      #expect(Set(own.map { $0.choiceTokens[0] }).count == row.scores.count)
    }
    #expect(averaged.settings.departures.contains { $0.contains("all rotations") })
    let batched = letters.with {
      $0.averagesRotations = true
      $0.batchSize = 2
    }
    #expect(try Probe.run(model, questions, options: batched).rows == averaged.rows)
  }

  @Test func demonstrationSetsAreAveraged() throws {
    let options = ProbeOptions().with {
      $0.shots = 2
      $0.demonstrationSets = 3
    }
    let averaged = try Probe.run(model, questions, demonstrations: demonstrations, options: options)
    let single = try (0..<UInt64(3)).map { set in
      try Probe.run(
        model, questions, demonstrations: demonstrations,
        options: options.with {
          $0.demonstrationSets = 1
          $0.seed = 42 + set
        })
    }
    for (index, row) in averaged.rows.enumerated() {
      let mean = row.scores.indices.map { choice in
        Statistics.mean(single.map { $0.rows[index].probabilities[choice] })
      }
      #expect(isClose(row.probabilities, mean, 1e-12) && row.variants.count == 3)
    }
    #expect(averaged.settings.demonstrations == single.flatMap(\.settings.demonstrations))
    for bad in [
      ProbeOptions().with { $0.demonstrationSets = 2 }, ProbeOptions().with { $0.averagesRotations = true },
    ] {
      #expect(thrown { _ = try Probe.run(model, questions, options: bad) }?.code == .invalidArgument)
    }
  }

  @Test func averagedProbesAreResumed() throws {
    let directory = try Fixture.Directory()
    let options = ProbeOptions().with {
      $0.shots = 1
      $0.demonstrationSets = 2
    }
    let reference = try Probe.run(model, questions, demonstrations: demonstrations, options: options)
    let store = try LedgerStore(directory.file("segments"))
    _ = try Probe.run(model, questions, demonstrations: demonstrations, options: options, store: store)
    var computed = 0
    let again = try Probe.run(
      model, questions, demonstrations: demonstrations, options: options, store: store
    ) {
      computed += $0.done < $0.total ? 1 : 0
      return true
    }
    #expect(again == reference && computed == 0)
  }

  @Test func ledgersKeepTheirEvidenceInEveryFormat() throws {
    let directory = try Fixture.Directory()
    let options = ProbeOptions().with {
      $0.shots = 1
      $0.demonstrationSets = 2
    }
    let plain = try Probe.run(model, questions, demonstrations: demonstrations, options: options)
    let known = plain.with(
      plain.rows.indices.map { Knowledge(greedyRight: Double($0 % 3) / 2, sampledRight: 0.25) })
    try known.write(to: directory.file("l.h5"))
    #expect(try Ledger.load(directory.file("l.h5")) == known)
    #expect(known.rows[0].choiceTokens.map(\.count) == known.rows[0].tokenCounts)
    try known.write(to: directory.file("l.csv"))
    try known.write(to: directory.file("l.jsonl"))
    let csv = try MappedFile(path: directory.file("l.csv")).withBytes { String(decoding: $0, as: UTF8.self) }
    #expect(csv.hasPrefix("id,gold,predicted,confidence,probability_0,") && csv.contains("variant_scores_0"))
    let lines = try JSONLines(path: directory.file("l.jsonl")).documents()
    #expect(lines.count == known.count)
    #expect(
      try lines[1].member("category").text() == "maybe-known"
        && lines[0].member("id").text() == known.rows[0].id)
    #expect(try lines[1].numbers("probability") == known.rows[1].probabilities)
  }

  @Test func categoriesFollowFromShares() throws {
    for (greedy, sampled, category) in [
      (1, 0, .highlyKnown), (0.1, 0, .maybeKnown), (0, 0.01, .weaklyKnown), (0, 0, .unknown),
    ] as [(Double, Double, KnowledgeCategory)] {
      #expect(Knowledge(greedyRight: greedy, sampledRight: sampled).category == category)
    }
    var slick = SliCK()
    (slick.prompts, slick.shots, slick.samples) = (3, 2, 50)
    let found = try slick.measure(model, questions, demonstrations: demonstrations, options: ProbeOptions())
    #expect(
      found == (try slick.measure(model, questions, demonstrations: demonstrations, options: ProbeOptions())))
    for (index, entry) in found.enumerated() {
      let ledgers = try (0..<UInt64(3)).map { prompt in
        try Probe.run(
          model, questions, demonstrations: demonstrations,
          options: ProbeOptions().with {
            $0.shots = 2
            $0.seed = 42 + prompt
          })
      }
      let right = ledgers.count { $0.rows[index].isCorrect == true }
      #expect(isClose(entry.greedyRight, Double(right) / 3))
      // 150 samples lie near what the choices' probabilities at the temperature say.
      let expected = try Statistics.mean(
        ledgers.map {
          Statistics.softmax($0.rows[index].scores.map { $0 / 0.5 })[try #require($0.rows[index].gold)]
        })
      #expect(abs(entry.sampledRight - expected) < 0.17)
    }
  }

  @Test func ledgersAreJoinedById() throws {
    let first = ledger([[1, 2], [3, 1], [0, 1]], gold: [0, 0, 1])
    var second = ledger([[2, 1], [0, 1], [5, 1]], gold: [0, 0, 1])
    second.rows = [second.rows[2], second.rows[0]]
    let table = try Ledger.joined([("base", first), ("tuned", second)])
    #expect(try table.text("id").map(\.text) == ["q0", "q2"])
    #expect(try table.int32("tuned_predicted") == [0, 0] && table.bool("base_correct") == [false, true])
    second.rows[0].gold = 0
    let other = thrown { _ = try Ledger.joined([("a", first), ("b", second)]) }
    #expect(other?.message.contains("'q2'") == true)
    #expect(thrown { _ = try Ledger.joined([]) }?.code == .invalidArgument)
  }
}
