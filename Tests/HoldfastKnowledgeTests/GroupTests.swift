import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

@Suite struct GroupTests {
  let ledger: Ledger
  let questions: QuestionSet

  init() throws {
    // 120 questions of four choices whose confidence, rightness, gold letter and lengths vary.
    var random = RandomSource(seed: 8)
    var rows: [[Double]] = []
    var gold: [Int?] = []
    var list: [Question] = []
    for index in 0..<120 {
      let scores = (0..<4).map { _ in random.normal() * 2 }
      rows.append(scores)
      gold.append(random.below(2) == 0 ? scores.indices.max { scores[$0] < scores[$1] } : random.below(4))
      let choices = (0..<4).map { "choice \($0) " + String(repeating: "x", count: random.below(30)) }
      list.append(
        Question(
          id: "q\(index)", question: index == 7 ? "question 6?" : "Question \(index)?", choices: choices,
          answer: gold[index], explanation: "because \(index)"))
    }
    ledger = HoldfastKnowledgeTests.ledger(rows, gold: gold)
    questions = try QuestionSet(list, name: "pool.jsonl")
  }

  private func build(_ change: (inout GroupOptions) -> Void = { _ in }) throws -> GroupSet {
    var options = GroupOptions()
    change(&options)
    return try GroupSet(ledger: ledger, questions: questions, options: options)
  }

  @Test func invariantsOfThePublishedGroups() throws {
    for selection in GroupOptions.Selection.allCases {
      let set = try build {
        $0.size = 12
        $0.selection = selection
      }
      let wrong = try #require(set[.incompatible]).rows
      let own = try #require(set[.selfAligning]).rows
      let right = try #require(set[.harmonious]).rows
      #expect(wrong.count == 12 && own.count == 12 && right.count == 12)
      #expect(wrong.allSatisfy { $0.predicted != $0.question.answer && $0.label == $0.question.answer })
      #expect(own.allSatisfy { $0.label == $0.predicted && $0.label != $0.question.answer })
      #expect(own.map(\.question) == wrong.map(\.question))
      #expect(right.allSatisfy { $0.label == $0.predicted && $0.label == $0.question.answer })
      #expect((wrong + right).allSatisfy { $0.confidence >= 0.5 })
      #expect(wrong.map(\.confidence) == wrong.map(\.confidence).sorted(by: >))
      let texts = Set(wrong.map { NormalizedText($0.question.question) })
      #expect(right.allSatisfy { !texts.contains(NormalizedText($0.question.question)) })
      #expect(Set(right.map(\.question.id)).count == 12 && right.map(\.matchedTo) == wrong.map(\.question.id))
      #expect((wrong + right).allSatisfy { ledger.rows[$0.ledgerRow].id == $0.question.id })
    }
  }

  @Test func matchingBringsGroupsTogether() throws {
    let matched = try build { $0.size = 10 }.balance
    let plain = try build {
      $0.size = 10
      $0.match = []
    }.balance
    func gap(_ balance: [GroupSet.Balance]) -> Double {
      let (a, b) = (balance.first { $0.name == .harmonious }, balance.first { $0.name == .incompatible })
      return abs((a?.confidence ?? 0) - (b?.confidence ?? 0))
    }
    #expect(gap(matched) < gap(plain))
    #expect(matched.allSatisfy { $0.letters.reduce(0, +) == 10 })
  }

  @Test func sizeIsTheMostThatAllHave() throws {
    let set = try build()
    let most = min(set.qualifiedWrong, set.qualifiedRight)
    #expect(set.groups.allSatisfy { $0.rows.count == set.groups[0].rows.count })
    #expect(set.groups[0].rows.count <= most && set.groups[0].rows.count >= most - 1)
    let error = thrown { _ = try build { $0.size = 100 } }
    #expect(error?.message.contains("\(set.qualifiedWrong) questions") == true)
    let otherQuestions = QuestionSet(valid: questions.questions.reversed(), name: "other")
    #expect(thrown { _ = try GroupSet(ledger: ledger, questions: otherQuestions) }?.code == .invalidArgument)
  }

  @Test func namesAndOptionsAreRead() throws {
    #expect(try GroupName("self_aligning") == .selfAligning)
    #expect(thrown { _ = try GroupName("CONTROL") }?.message.contains("SELF-ALIGNING") == true)
    let json: JSON = [
      "names": ["harmonious"], "size": 3, "match": [], "selection": "sample", "min_confidence": 0.25,
    ]
    let options = try GroupOptions(JSONNode(json, document: "g"))
    #expect(options.names == [.harmonious] && options.size == 3 && options.match.isEmpty)
    #expect(try GroupOptions(JSONNode(options.json, document: "g")) == options)
  }

  @Test func trainingTokensArePromptTokensOfTheProbe() throws {
    let (model, questions) = (try Fixture.tinyModel(), try Fixture.questions())
    let ledger = try Probe.run(model, questions)
    var options = GroupOptions()
    options.minConfidence = 0
    options.names = [.incompatible, .selfAligning]
    let set = try GroupSet(ledger: ledger, questions: questions, options: options)
    let plan = try ProbePlan(model: model, questions: questions, demonstrations: nil, options: ProbeOptions())
    for group in set.groups {
      let examples = try group.examples(model.tokenizer, ProbeOptions())
      for (row, example) in zip(group.rows, examples) {
        let item = plan.items[row.ledgerRow]
        let answer = item.continuations[row.label] + [2]
        #expect(example.tokens == item.context + answer)
        #expect(example.labels == item.context.map { _ in -100 } + answer)
      }
    }
  }

  @Test func responsesOfLetters() throws {
    let set = try build { $0.size = 3 }
    let options = ProbeOptions.paper(domain: nil).with { $0.mode = .default }
    let golden = try #require(set[.incompatible]).pairs(options)[0]
    let row = try #require(set[.incompatible]).rows[0]
    let letter = Question.letter(row.label)
    #expect(golden.response == "\(letter). \(row.question.choices[row.label])\nbecause \(row.ledgerRow)")
    #expect(golden.prompt.hasSuffix("\nAnswer:"))
    // An explanation of the right answer is not trained behind a wrong one.
    let own = try #require(set[.selfAligning]).pairs(options)[0]
    #expect(!own.response.contains("because"))
    let lines = try #require(set[.harmonious]).jsonLines(ProbeOptions())
    let first = try JSON.parse(Array(lines.prefix { $0 != 0x0A }), name: "line")
    #expect(first["group"]?.textValue == "HARMONIOUS" && first["output"] == first["pred"])
  }
}
