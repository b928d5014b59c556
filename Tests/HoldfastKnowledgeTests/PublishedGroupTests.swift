import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// The groups the paper's authors published, where they are.
@Suite(
  .enabled(
    if: Fixture.shared("paper/group") != nil,
    "skipped: the published groups are missing; set HOLDFAST_SHARED to the directory that holds data/paper/group"
  ))
struct PublishedGroupTests {
  let cells: [PublishedCell]

  init() throws { cells = try PublishedCell.cells(below: #require(Fixture.shared("paper/group"))) }

  private func cell(_ domain: String) throws -> PublishedCell {
    try #require(cells.first { $0.directory.hasSuffix("/mistral-7b/\(domain)") })
  }

  @Test func everyInvariantHoldsForEveryCell() throws {
    #expect(cells.count >= 2)
    for cell in cells {
      #expect(cell.invariants.count == 14)
      for finding in cell.invariants {
        #expect(finding.holds, "\(cell.directory): \(finding.statement), but for \(finding.exceptions) rows")
      }
    }
    #expect(try cell("engineering").groups.map(\.rows.count) == [534, 534, 534])
    #expect(try cell("history").groups.map(\.rows.count) == [838, 838, 838])
  }

  @Test func rebuildingGivesTheSameRowsInTheSameOrder() throws {
    for cell in cells { #expect(try cell.rebuildsExactly(), "\(cell.directory)") }
  }

  /// The order that the answers come in decides nothing but the places of rows of equal confidence.
  @Test func rebuildingFromShuffledAnswersMovesTiesAlone() throws {
    for cell in cells {
      var random = RandomSource(seed: 3)
      var order = Array(0..<cell.ledger.count)
      random.shuffle(&order)
      let questions = try cell.questions().questions
      var options = GroupOptions()
      options.names = [.incompatible, .selfAligning]
      let set = try GroupSet(
        ledger: Ledger(settings: cell.ledger.settings, rows: order.map { cell.ledger.rows[$0] }),
        questions: QuestionSet(order.map { questions[$0] }, name: "shuffled"), options: options)
      for published in [cell.incompatible, cell.selfAligning] {
        let rows = try #require(set[published.name]).rows
        let labels = { (pairs: [(String, Int)]) in Dictionary(pairs) { first, _ in first } }
        #expect(rows.map(\.confidence).elementsEqual(published.rows.map(\.predictedProbability)))
        #expect(
          labels(rows.map { ($0.question.id, $0.label) })
            == labels(published.rows.map { ($0.question.id, $0.label) }))
      }
    }
  }

  @Test func damagedRowsAreCounted() throws {
    let expected: [(String, [PublishedRow.Damage: Int], Int)] = [
      ("engineering", [.empty: 0, .cut: 294, .leaked: 0], 294),
      ("history", [.empty: 5, .cut: 555, .leaked: 1], 561),
    ]
    for (domain, counts, damaged) in expected {
      let cell = try cell(domain)
      for (damage, rows) in cell.selfAligning.damages {
        #expect(rows == counts[damage], "\(domain) \(damage)")
      }
      #expect(cell.selfAligning.damagedCount == damaged)
      #expect(cell.harmonious.damagedCount == 0 && cell.incompatible.damagedCount == 0)
      // The kept explanation is the first fenced block, cut or not.
      #expect(
        cell.selfAligning.rows.allSatisfy { row in
          row.modelText.flatMap { FencedBlock($0) }?.text == row.modelExplanation?.trimmingWhiteSpace()
        })
      #expect(try cell.selfAligning.group().rows.count == cell.selfAligning.rows.count - damaged)
      #expect(try cell.selfAligning.group(without: []).rows.count == cell.selfAligning.rows.count)
    }
    #expect(try cell("engineering").repeatedTexts == (within: 0, ofHarmonious: 1))
    #expect(try cell("history").repeatedTexts == (within: 2, ofHarmonious: 1))
    #expect(try cell("history").selfAligning.letters == [150, 346, 142, 200])
  }

  @Test func rowsAreTrainedWithTheirOwnExplanations() throws {
    let cell = try cell("engineering")
    let options = ProbeOptions.paper(domain: "engineering").with { $0.mode = .default }
    let own = try cell.selfAligning.group(without: []).pairs(options)
    #expect(own[0].response.hasPrefix("A. phosphorus\nThe correct answer is A.\n"))
    let golden = try cell.incompatible.group().pairs(options)
    #expect(golden[0].response.hasPrefix("D. aluminum\nThe dopant of P-type silicon is aluminum."))
    #expect(golden[0].prompt == own[0].prompt && golden.count == 534)
  }

  @Test func theReportNamesWhatWasFound() throws {
    let report = try cell("history").report()
    #expect(report["rebuilds_exactly"]?.boolValue == true)
    #expect(report["groups"]?.arrayValue?.last?["damages"]?["cut"]?.intValue == 555)
  }
}

/// Reading rows that are not what they must be.
@Suite struct PublishedRowTests {
  private let row: JSON = [
    "id": 7, "question": "Why?", "choices": ["so", "no"], "answer": 1, "explanation": "It is no.", "raw": [:],
    "gen_exp": [:], "correct": false, "pred": 0, "probs": [0.75, 0.25], "golden_prob": 0.25,
    "pred_prob": 0.75,
    "output": 0, "model_exp_gen": "```\nIt is so.\n```\n# Query", "model_exp": "It is so.",
  ]

  private func read(_ change: (inout JSON) -> Void = { _ in }) throws -> PublishedRow {
    var json = row
    change(&json)
    return try PublishedRow(JSONNode(json, document: "g.jsonl:4"))
  }

  @Test func aRowIsReadAsItIs() throws {
    let row = try read()
    #expect(row.question.id == "7" && row.label == 0 && row.explanation == "It is so." && row.damages.isEmpty)
    #expect(row.ledgerRow.probabilities == [0.75, 0.25] && row.ledgerRow.predicted == 0)
  }

  @Test func damages() throws {
    #expect(try read { $0.set("model_exp_gen", "```\nIt is") }.damages == [.cut])
    #expect(try read { $0.set("model_exp_gen", "It is") }.damages == [.cut])
    #expect(try read { $0.set("model_exp", " \n") }.damages == [.empty])
    #expect(try read { $0.set("model_exp", "So.\n# Query:\nmore") }.damages == [.leaked])
    #expect(try read { $0.set("model_exp", "A multiple-choice question, indeed.") }.damages.isEmpty)
    let golden = try read {
      $0.set("model_exp", .null)
      $0.set("model_exp_gen", .null)
    }
    #expect(golden.explanation == "It is no." && golden.damages.isEmpty)
  }

  @Test(
    arguments: [
      ("probs", [0.5], ".probs"), ("pred", 2, ".pred"), ("output", -1, ".output"), ("answer", 5, "answer 5"),
      ("id", "x", ".id"), ("correct", 1, ".correct"), ("choices", ["one"], "at least 2"),
    ] as [(ByteString, JSON, String)])
  func errorsNameLineAndKey(_ key: ByteString, _ value: JSON, _ named: String) throws {
    let message = try #require(thrown { _ = try read { $0.set(key, value) } }?.message)
    #expect(message.contains("g.jsonl:4") && message.contains(named), "\(message)")
  }

  @Test func fencedBlocks() {
    #expect(FencedBlock("no fence") == nil)
    #expect(FencedBlock("a ```b\n``` c").map { $0.text == "b" && $0.isClosed } == true)
    #expect(FencedBlock("```\nb c").map { $0.text == "b c" && !$0.isClosed } == true)
    #expect(FencedBlock("``````").map { $0.text.isEmpty && $0.isClosed } == true)
  }
}
