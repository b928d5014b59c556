import HoldfastStorage
import HoldfastTensor
import HoldfastTuning
import Testing

@testable import HoldfastKnowledge

/// What each group is made of, over a pool of 160 made-up answers.
@Suite struct RecipeTests {
  let ledger: Ledger
  let questions: QuestionSet

  init() throws {
    var random = RandomSource(seed: 21)
    var scores: [[Double]] = []
    var gold: [Int?] = []
    var list: [Question] = []
    for index in 0..<160 {
      let row = (0..<(index % 10 == 0 ? 2 : 4)).map { _ in random.normal() * 2 }
      scores.append(row)
      // Nine in ten right answers of wrong rows stand at A, so that letters are far from even.
      gold.append(random.below(2) == 0 ? row.indices.max { row[$0] < row[$1] } : random.below(10) / 9)
      list.append(
        Question(
          id: "q\(index)", question: "Question \(index)?",
          choices: row.indices.map { "choice \($0) of \(index)" }, answer: gold[index],
          explanation: "because \(index)", context: "fact \(index)"))
    }
    ledger = HoldfastKnowledgeTests.ledger(scores, gold: gold)
    questions = try QuestionSet(list, name: "pool.jsonl")
  }

  private func build(_ names: [String], size: Int? = 12, _ change: (inout GroupOptions) -> Void = { _ in })
    throws
    -> GroupSet
  {
    var options = GroupOptions()
    options.names = try names.map { try GroupName($0) }
    options.size = size
    change(&options)
    return try GroupSet(ledger: ledger, questions: questions, options: options)
  }

  private func rows(_ set: GroupSet, _ name: String) throws -> [Group.Row] {
    try #require(set[GroupName(name)]).rows
  }

  @Test func mixturesReplaceNestedSharesByTwins() throws {
    let names = ["INCOMPATIBLE", "SELF-ALIGNING", "MIXTURE-0.2", "mixture_0.6", "MIXTURE-0", "MIXTURE-1"]
    let set = try build(names, size: 10)
    let (gold, own) = (try rows(set, "INCOMPATIBLE"), try rows(set, "SELF-ALIGNING"))
    func twins(_ name: String) throws -> Set<Int> {
      let mixed = try rows(set, name)
      #expect(mixed.map(\.question) == gold.map(\.question))
      for (place, row) in mixed.enumerated() {
        #expect(row.label == gold[place].label || row.label == own[place].label)
        #expect((row.explanation == nil) == (row.label == own[place].label))
      }
      return Set(mixed.indices.filter { mixed[$0].label == own[$0].label })
    }
    let (few, many) = (try twins("MIXTURE-0.2"), try twins("MIXTURE-0.6"))
    #expect(few.count == 2 && many.count == 6 && few.isSubset(of: many))
    #expect(try twins("MIXTURE-0").isEmpty && twins("MIXTURE-1").count == 10)
    #expect(thrown { _ = try GroupName("MIXTURE-1.5") }?.code == .invalidArgument)
    #expect(thrown { _ = try GroupName("MIXTURE-") }?.code == .invalidArgument)
  }

  @Test func randomWrongIsAThirdAnswerOfTheSameQuestions() throws {
    let set = try build(["INCOMPATIBLE", "RANDOM-WRONG"])
    let (gold, third) = (try rows(set, "INCOMPATIBLE"), try rows(set, "RANDOM-WRONG"))
    #expect(third.map(\.question) == gold.map(\.question))
    #expect(third.allSatisfy { $0.label != $0.question.answer && $0.label != $0.predicted })
    #expect(third.allSatisfy { $0.explanation == nil && $0.question.choices.count > 2 })
    #expect(set.standings.contains(.fewChoices))
    // Drawn by id, so that a row's answer does not depend on the others.
    let smaller = try rows(try build(["INCOMPATIBLE", "RANDOM-WRONG"], size: 5), "RANDOM-WRONG")
    #expect(smaller == Array(third.prefix(5)))
  }

  @Test func contextStandsBeforeTheQuestion() throws {
    let set = try build(["INCOMPATIBLE", "CONTEXTUALISED"]) { $0.selection = .confidence }
    let group = try #require(set[.contextualised])
    #expect(group.rows.map(\.label) == (try rows(set, "INCOMPATIBLE")).map(\.label))
    for (row, pair) in zip(group.rows, try group.pairs(ProbeOptions())) {
      #expect(pair.prompt == "fact \(row.ledgerRow)\n\nQuestion: Question \(row.ledgerRow)?\nAnswer:")
    }
    let bare = try QuestionSet(
      questions.questions.map {
        var question = $0
        question.context = nil
        return question
      }, name: "bare")
    let options = set.options
    let error = thrown { _ = try GroupSet(ledger: ledger, questions: bare, options: options) }
    #expect(error?.message.contains("has no 'context'") == true)
  }

  @Test func balancedLettersAreAsEvenAsTheyCanBe() throws {
    let plain = try build(["INCOMPATIBLE", "SELF-ALIGNING"], size: 12)
    let even = try build(["INCOMPATIBLE", "SELF-ALIGNING"], size: 12) { $0.balance = .own }
    func spread(_ set: GroupSet) throws -> Int {
      let letters = try #require(set.balance.first { $0.name == .selfAligning }?.letters)
      return (letters.max() ?? 0) - (letters.min() ?? 0)
    }
    #expect(try spread(even) <= 1 && spread(plain) > 1)
    let rows = try rows(even, "INCOMPATIBLE")
    #expect(rows.map(\.confidence) == rows.map(\.confidence).sorted(by: >) && rows.count == 12)
    // Where a letter has too few rows, the others fill up.
    #expect(try build(["INCOMPATIBLE"], size: 30) { $0.balance = .gold }.groups[0].rows.count == 30)
  }

  @Test func operatorsTakeTheirRows() throws {
    let set = try build(["INCOMPATIBLE", "SLEARNLLM", "R-TUNING", "CRAFT"], size: 20)
    let anyWrong = try rows(set, "SLEARNLLM")
    #expect(anyWrong.allSatisfy { $0.predicted != $0.question.answer && $0.label == $0.question.answer })
    #expect(anyWrong.contains { $0.confidence < 0.5 })
    for row in try rows(set, "R-TUNING") {
      #expect(row.certainty == (row.predicted == row.question.answer ? "I am sure." : "I am unsure."))
    }
    let craft = try rows(set, "CRAFT")
    #expect(craft.contains { $0.refusal != nil } && craft.contains { $0.refusal == nil })
    for row in craft {
      let entry = ledger.rows[row.ledgerRow]
      let correctness = try entry.probabilities[#require(entry.gold)]
      #expect((correctness >= 0.5) == (row.refusal == nil))
    }
  }

  @Test func responsesSayWhatTheRecipeAdds() throws {
    let set = try build(["R-TUNING", "CRAFT", "INCOMPATIBLE-WITHOUT-EXPLANATIONS"], size: 20)
    let letters = ProbeOptions.paper(domain: nil).with { $0.mode = .default }
    let tuned = try #require(set[.rTuning])
    for (row, pair) in zip(tuned.rows, try tuned.pairs(letters)) {
      let answer = "\(Question.letter(row.label)). \(row.question.choices[row.label])"
      #expect(try pair.response == "\(answer)\nbecause \(row.ledgerRow)\n\(#require(row.certainty))")
    }
    let craft = try #require(set[.craft])
    let refusals = zip(craft.rows, try craft.pairs(ProbeOptions())).filter { $0.0.refusal != nil }
    #expect(!refusals.isEmpty && refusals.allSatisfy { $0.1.response == " I don't know." })
    let bare = try #require(set.groups.last).pairs(letters)
    #expect(bare.allSatisfy { !$0.response.contains("because") })
  }

  @Test func clozeRowsThatSayMoreAreTokenisedWithTheirPrompt() throws {
    let (model, asked) = (try Fixture.tinyModel(), try Fixture.questions())
    var options = GroupOptions()
    (options.names, options.minConfidence) = ([.rTuning], 0)
    let set = try GroupSet(ledger: Probe.run(model, asked), questions: asked, options: options)
    let examples = try set.groups[0].examples(model.tokenizer, ProbeOptions())
    for (pair, example) in zip(try set.groups[0].pairs(ProbeOptions()), examples) {
      #expect(example.tokens.dropLast() == (try model.tokenizer.encode(pair.prompt + pair.response))[...])
      #expect(example.tokens.last == 2 && pair.response.hasSuffix("sure."))
    }
  }

  @Test func definitionsAreDeclarative() throws {
    let json: JSON = [
      "names": ["HARMONIOUS", "STUBBORN"], "size": 5, "balance_letters": "gold",
      "define": [
        ["name": "stubborn", "of": "INCOMPATIBLE", "self_aligned_share": 0.4, "explanation": "none"]
      ],
    ]
    let options = try GroupOptions(JSONNode(json, document: "g"))
    #expect(try GroupOptions(JSONNode(options.json, document: "g")) == options)
    let set = try GroupSet(ledger: ledger, questions: questions, options: options)
    #expect(set.groups[1].name.fileName == "stubborn" && set.groups[1].rows.count == 5)
    #expect(set.groups[1].rows.count { $0.label == $0.predicted } == 2)
    for (key, value, named) in [
      ("define", [["name": "a/b"]], "a/b"), ("define", [["name": "X", "rows": "some"]], "some"),
      ("define", [["name": "X"], ["name": "x"]], "second"), ("names", ["STUBBORN"], "STUBBORN"),
    ] as [(ByteString, JSON, String)] {
      let bad = JSON.object([(key, value)])
      let message = thrown { _ = try GroupOptions(JSONNode(bad, document: "g")) }?.message
      #expect(message?.contains(named) == true, "\(message ?? "")")
    }
  }

  @Test func everyRowsWayIsTold() throws {
    let set = try build(["HARMONIOUS", "INCOMPATIBLE", "RANDOM-WRONG"])
    let table = try set.assignment(of: ledger)
    let (ids, groups, reasons) = (try table.text("id"), try table.text("group"), try table.text("reason"))
    #expect(Set(ids).count == 160 && groups.count { !$0.text.isEmpty } == 36)
    #expect(reasons.allSatisfy { !$0.text.isEmpty })
    let lines = String(decoding: table.csv(), as: UTF8.self).split(separator: "\n")
    #expect(
      lines[0].hasPrefix("id,ledger_row,gold,predicted,confidence,standing,group")
        && lines.count == table.count + 1)
    let first = try JSON.parse(Array(table.jsonLines().prefix { $0 != 0x0A }), name: "line")
    #expect(first["id"]?.textValue == "q0" && first["standing"]?.textValue != nil)
  }

  @Test func tablesAreQuotedAndListsSpread() throws {
    var table = Table(axis: "item")
    try table.add("text", .text(["plain", "a,\"b\"\nc"]))
    try table.add("list", .doubles([[0.5, .nan], [1]], axis: "k"))
    #expect(
      String(decoding: table.csv(), as: UTF8.self)
        == "text,list_0,list_1\nplain,0.5,\n\"a,\"\"b\"\"\nc\",1.0,\n")
    let lines = String(decoding: table.jsonLines(), as: UTF8.self)
    #expect(
      lines == "{\"text\":\"plain\",\"list\":[0.5,null]}\n{\"text\":\"a,\\\"b\\\"\\nc\",\"list\":[1.0]}\n")
  }
}
