import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastText
import Testing

@testable import HoldfastKnowledge

@Suite struct PromptTests {
  private let question = Question(id: "1", question: "Why?", choices: ["so", "no", "oh"], answer: 2)

  private func prompt(_ options: ProbeOptions, _ shown: [Question] = []) throws -> String {
    try PromptWriter(options, demonstrations: shown).prompt(for: question)
  }

  @Test func letterPromptsAreThePapers() throws {
    let shown = Question(id: "d", question: "How?", choices: ["x", "y"], answer: 1)
    #expect(
      try prompt(.paper(domain: "engineering"), [shown])
        == "The following are multiple choice questions about engineering. Please choose the correct answer. \n\n"
        + "How?\nA. x\nB. y\nAnswer:B. y\n\nWhy?\nA. so\nB. no\nC. oh\nAnswer:")
    let after = ProbeOptions.paper(domain: " abstract algebra").with {
      $0.shots = 0
      $0.template = "vicuna"
    }
    #expect(
      try prompt(after)
        == "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
        + "detailed, and polite answers to the user's questions. USER: The following are multiple choice questions about "
        + " abstract algebra. Please choose the correct answer. \n\nWhy?\nA. so\nB. no\nC. oh\nAnswer: ASSISTANT: "
    )
  }

  @Test func clozePrompts() throws {
    #expect(try prompt(ProbeOptions()) == "Question: Why?\nAnswer:")
    #expect(PromptWriter.continuation("so", after: "Answer:") == " so")
    #expect(PromptWriter.continuation("so", after: "ASSISTANT: ") == "so")
    let shots = ProbeOptions().with { $0.shots = 1 }
    #expect(try prompt(shots, [question]) == "Question: Why?\nAnswer: oh\n\nQuestion: Why?\nAnswer:")
  }

  @Test func rotationShowsChoicesInTurn() throws {
    let rotated = ProbeOptions.paper(domain: nil).with { $0.rotation = 1 }
    #expect(try prompt(rotated).hasSuffix("Why?\nA. no\nB. oh\nC. so\nAnswer:"))
  }

  @Test func demonstrationsFollowPythonsShuffle() throws {
    let dev = try QuestionSet(
      (0..<10).map { Question(id: "\($0)", question: "Q\($0)?", choices: ["a", "b"], answer: 0) }, name: "dev"
    )
    #expect(
      try ProbeOptions.paper(domain: nil).demonstrations(from: dev).map(\.id) == ["7", "3", "2", "8", "5"])
    let eleven = ProbeOptions().with { $0.shots = 11 }
    #expect(thrown { _ = try eleven.demonstrations(from: dev) }?.message.contains("there are 10") == true)
    #expect(thrown { _ = try eleven.demonstrations(from: nil) }?.code == .invalidArgument)
  }

  @Test func optionsSurviveJSON() throws {
    let options = ProbeOptions.paper(domain: "x").with {
      $0.seed = .max
      $0.rotation = 2
      $0.bfloat16Logits = true
      $0.limit = 3
    }
    #expect(try ProbeOptions(JSONNode(options.json, document: "j")) == options)
    let bad: JSON = ["probe": "cloze", "shot": 3]
    #expect(thrown { _ = try ProbeOptions(JSONNode(bad, document: "j")) }?.message.contains(".shot") == true)
    let mixed: JSON = ["probe": "cloze", "mode": "paper"]
    #expect(thrown { _ = try ProbeOptions(JSONNode(mixed, document: "j")) }?.code == .invalidArgument)
  }
}

@Suite struct ProbeTests {
  @Test func clozeSumsEqualTransformers() throws {
    let (model, questions) = (try Fixture.tinyModel(), try Fixture.questions())
    let rows = try Fixture.json("probe.json").elements()
    for (key, wording) in [("cloze", Wording.standard), ("moved", .short)] as [(ByteString, Wording)] {
      let ledger = try Probe.run(model, questions, options: ProbeOptions().with { $0.wording = wording })
      for (row, expected) in zip(ledger.rows, rows) {
        let node = try expected.member(key)
        #expect(isClose(row.logProbabilities, try node.numbers("sums"), 1e-5))
        #expect(row.tokenCounts == (try node.integers("tokens")))
        #expect(row.promptTokens == (try node.member("prompt_tokens").int()))
        #expect(
          row.scores == row.logProbabilities && isClose(row.probabilities, Statistics.softmax(row.scores)))
      }
    }
  }

  @Test func normalisations() throws {
    let (model, questions) = (try Fixture.tinyModel(), try Fixture.questions())
    let raw = try Probe.run(model, questions)
    func scores(_ normalization: Normalization) throws -> Ledger {
      try Probe.run(model, questions, options: ProbeOptions().with { $0.normalization = normalization })
    }
    #expect(try scores(.perToken).rows.map(\.scores) == raw.rows.map(\.perToken))
    #expect(try scores(.perCharacter).rows.map(\.scores) == raw.rows.map(\.perCharacter))
    #expect(raw.rows[4].characterCounts[1] == 3)  // 'é 🙂' has three scalars
    let pmi = try scores(.pmi)
    for (row, expected) in zip(pmi.rows, try Fixture.json("probe.json").elements()) {
      let alone = try expected.member("pmi").numbers("sums")
      #expect(isClose(try #require(row.unconditional), alone, 1e-5))
      #expect(isClose(row.scores, zip(row.logProbabilities, alone).map { $0 - $1 }, 1e-5))
    }
  }

  @Test func letterLogitsEqualTransformers() throws {
    let rows = try Fixture.json("probe.json").elements()
    let fitting = try rows.filter { try $0.member("letter_fits").bool() }
    let ids = try fitting.map { try $0.member("id").text() }
    let questions = try QuestionSet(
      Fixture.questions().questions.filter { ids.contains($0.id) }, name: "questions")
    let options = ProbeOptions.paper(domain: "nine").with { $0.shots = 0 }
    let ledger = try Probe.run(Fixture.tinyModel(), questions, options: options)
    for (row, expected) in zip(ledger.rows, fitting) {
      #expect(isClose(row.scores, try expected.numbers("letter_logits"), 1e-5))
      #expect(isClose(row.logProbabilities, try expected.numbers("letter_log_probabilities"), 1e-5))
      #expect(row.promptTokens == (try expected.member("letter_tokens").int()))
    }
    // Rounded logits are bfloat16 values, and rounding moves a probability by little.
    let rounded = try Probe.run(
      Fixture.tinyModel(), questions, options: options.with { $0.bfloat16Logits = true })
    for (row, plain) in zip(rounded.rows, ledger.rows) {
      #expect(row.scores.allSatisfy { Float($0).bitPattern & 0xffff == 0 })
      #expect(zip(row.scores, plain.scores).allSatisfy { abs($0 - $1) <= abs($1) / 256 })
    }
  }

  /// Batches, prefix sharing and threads do not change a bit.
  @Test(arguments: [
    ProbeOptions(), ProbeOptions().with { $0.template = "none" },
    ProbeOptions().with { $0.normalization = .pmi },
  ])
  func sameBitsHoweverComputed(_ options: ProbeOptions) throws {
    let (model, questions) = (try Fixture.tinyModel("tiny-untied"), try Fixture.questions())
    let reference = try Probe.run(model, questions, options: options).rows
    for (batch, sharing) in [(1, true), (1, false), (4, true), (64, false)] {
      let rows = try Probe.run(
        model, questions,
        options: options.with {
          $0.batchSize = batch
          $0.prefixSharing = sharing
        }
      ).rows
      #expect(rows == reference)
    }
  }

  @Test func sameBitsForLetters() throws {
    let (model, questions) = (try Fixture.tinyModel("tiny-untied"), try Fixture.questions().prefix(2))
    let options = ProbeOptions.paper(domain: nil).with { $0.shots = 0 }
    let reference = try Probe.run(model, questions, options: options).rows
    let alone = try Probe.run(model, questions, options: options.with { $0.prefixSharing = false }).rows
    let single = try Probe.run(model, questions, options: options.with { $0.batchSize = 1 }).rows
    #expect(alone == reference && single == reference)
    // A rotation's answers come back in the choices' own order: of two equal models, same probabilities if unrotated.
    let turned = try Probe.run(model, questions, options: options.with { $0.rotation = 1 }).rows
    #expect(turned.map(\.promptDigest) != reference.map(\.promptDigest))
  }

  @Test func splitMovesWhereAChoiceChangesThePromptsEnd() {
    // The second choice merges with the prompt's last token 3, so all are scored from before it.
    let item = ProbeItem.splitting([[1, 2, 3, 4], [1, 2, 9], [1, 2, 3, 5, 6]], prompt: [1, 2, 3])
    #expect(item == ProbeItem(context: [1, 2], continuations: [[3, 4], [9], [3, 5, 6]]))
    // A choice that adds no token of its own keeps one scored token.
    #expect(
      ProbeItem.splitting([[1, 2], [1, 2, 4]], prompt: [1, 2, 3])
        == ProbeItem(context: [1], continuations: [[2], [2, 4]]))
    let items = [[1, 2, 3], [1, 2], [1, 2, 4]].map { ProbeItem(context: $0, continuations: [[7]]) }
    #expect(ProbeItem.sharedPrefix(items) == [1])
    #expect(ProbeItem.sharedPrefix(items.prefix(1)).isEmpty)
  }

  @Test func tooLongPromptNamesItsQuestion() throws {
    var questions = try Fixture.questions().questions
    questions[3].question = String(repeating: "quin ", count: 60)
    let set = try QuestionSet(questions, name: "long.jsonl")
    let error = thrown { _ = try Probe.run(Fixture.tinyModel(), set) }
    #expect(error?.code == .contextLength)
    #expect(error?.message.contains("long.jsonl: question 'q3'") == true)
  }

  @Test func cancelsAndReportsProgress() throws {
    let questions = try Fixture.questions()
    var seen: [Int] = []
    _ = try Probe.run(Fixture.tinyModel(), questions, options: ProbeOptions().with { $0.batchSize = 4 }) {
      seen.append($0.done)
      return true
    }
    #expect(seen == [0, 4, 8, 9])
    #expect(thrown { _ = try Probe.run(Fixture.tinyModel(), questions) { _ in false } }?.code == .cancelled)
  }

  @Test(
    .enabled(
      if: Fixture.realModel != nil && Fixture.shared("paper/source/engineering/test.jsonl") != nil,
      "SmolLM2 or the shared data is not there"))
  func paperProbeOfTheRealModelEqualsThePublishedWay() throws {
    let expected = try Fixture.json("engineering.json").elements()
    let source = try #require(Fixture.shared("paper/source/engineering/test.jsonl"))
    let questions = try QuestionSet.read(source)
    let dev = try QuestionSet.read(#require(Fixture.shared("paper/source/engineering/dev.jsonl")))
    let options = ProbeOptions.paper(domain: "engineering").with { $0.limit = expected.count }
    let ledger = try Probe.run(
      Model.load(#require(Fixture.realModel)), questions, demonstrations: dev, options: options)
    for (row, node) in zip(ledger.rows, expected) {
      let published = try node.elements().map { try $0.double() }
      #expect(isClose(row.probabilities, published, 1e-4), "\(row.id): \(row.probabilities) \(published)")
    }
    #expect(ledger.rows.map(\.predicted).contains(2) && !ledger.settings.addedBOS)
  }
}
