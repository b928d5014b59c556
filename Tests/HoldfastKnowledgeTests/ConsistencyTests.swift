import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

@Suite struct ConsistencyTests {
  @Test func flipsAndMcNemar() throws {
    let gold = [0, 0, 0, 0, 1]
    let before = ledger([[2, 1, 0], [2, 1, 0], [0, 1, 2], [0, 1, 2], [2, 1, 0]], gold: gold)
    let after = ledger([[2, 1, 0], [1, 2, 0], [2, 1, 0], [0, 1, 2], [0, 1, 2]], gold: gold)
    let summary = try ConsistencySummary(before: before, after: after, mode: .default, bootstrap: Bootstrap())
    #expect(Flip.allCases.map { summary.flips[$0] } == [1, 1, 1, 1, 1])
    #expect(summary.flips.mcNemar == 1 && summary.flips.total == 5)
    #expect(summary[.sameTop1].mean.value == 0.4)
    #expect(summary.identicalPrompts == 5)
  }

  @Test func undefinedItemsCountAsZeroInPaperModeOnly() throws {
    let before = ledger([[1, 1], [2, 1], [1, 2]], gold: [0, 0, 0])
    let after = ledger([[1, 2], [3, 1], [0, 2]], gold: [0, 0, 0])
    let plain = try ConsistencySummary(before: before, after: after, mode: .default, bootstrap: Bootstrap())
    let paper = try ConsistencySummary(before: before, after: after, mode: .paper, bootstrap: Bootstrap())
    #expect(plain[.rankPearson].mean.value == 1 && plain[.rankPearson].mean.count == 2)
    #expect(isClose(paper[.rankPearson].mean.value, 2.0 / 3) && paper[.rankPearson].undefined == 1)
  }

  @Test func aModelIsConsistentWithItself() throws {
    let same = ledger([[0.3, 2, -1, 4], [5, 1, 2, 3]], gold: [3, 1])
    let summary = try ConsistencySummary(before: same, after: same, mode: .default, bootstrap: Bootstrap())
    for measure in ConsistencyMeasure.allCases {
      let mean = summary[measure].mean.value
      switch measure {
      case .kullbackLeibler, .jensenShannon, .totalVariation: #expect(isClose(mean, 0, 1e-12))
      default: #expect(isClose(mean, 1, 1e-12))
      }
    }
  }

  @Test func differentQuestionsAreRefused() {
    let one = ledger([[1, 2]], gold: [0])
    let two = ledger([[1, 2], [1, 2]], gold: [0, 0])
    let wider = ledger([[1, 2, 3]], gold: [0])
    for other in [two, wider, ledger([], gold: [])] {
      let error = thrown {
        _ = try ConsistencySummary(before: one, after: other, mode: .default, bootstrap: Bootstrap())
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func gateSaysWhatTheIntervalSays() {
    func verdict(_ lower: Double, _ upper: Double) -> Gate.Verdict {
      let interval = Interval(lower: lower, upper: upper, level: 0.95)
      return Gate(
        rule: .absolute, bound: 0.8,
        consistency: Estimate(
          value: (lower + upper) / 2, interval: interval, standardError: 0, p: 0, count: 9)
      ).verdict
    }
    #expect(verdict(0.8, 0.9) == .passes && verdict(0.5, 0.79) == .fails && verdict(0.7, 0.9) == .undecided)
    #expect(verdict(.nan, .nan) == .undecided)
  }

  @Test func comparesModels() throws {
    let (model, questions) = (try Fixture.tinyModel(), try Fixture.questions())
    var options = CompareOptions()
    options.floorPrompts = 3
    let itself = try Comparison.run(before: model, after: model, questions: questions, options: options)
    #expect(itself.gate.verdict == .passes && itself.consistency[.rankPearson].mean.value == 1)
    #expect(itself.examples.isEmpty && itself.floor?.prompts.count == 3)
    let other = try Comparison.run(
      before: model, after: Fixture.tinyModel("tiny-untied"), questions: questions)
    #expect(
      other.consistency[.rankPearson].mean.value < 1 && other.consistency[.kullbackLeibler].mean.value > 0)
    #expect(!other.examples.isEmpty && other.json["gate"]?["verdict"] != nil)
    #expect(other.text.contains(other.gate.sentence))
    var floor = options
    floor.rule = .noiseFloor
    let held = try Comparison.run(before: model, after: model, questions: questions, options: floor)
    #expect(held.gate.bound == held.floor?.overall.lowQuantile && held.gate.verdict == .passes)
  }

  @Test func comparisonNeedsIdenticalPrompts() throws {
    let (model, questions) = (try Fixture.tinyModel(), try Fixture.questions())
    let before = try Probe.run(model, questions)
    let after = try Probe.run(model, questions, options: ProbeOptions().with { $0.wording = .short })
    #expect(thrown { _ = try Comparison(before: before, after: after) }?.message.contains("9 of 9") == true)
    var options = CompareOptions()
    options.rule = .noiseFloor
    #expect(
      thrown { _ = try Comparison(before: before, after: before, options: options) }?.code == .invalidArgument
    )
  }

  @Test func noiseFloorTakesTurnsBetweenSources() {
    let letters = NoiseFloor.alternatives(to: .paper(domain: nil), demonstrations: 10, choices: 4)
    #expect(letters.prefix(4).map(\.source) == ["demonstrations", "rotation", "template", "demonstrations"])
    let cloze = NoiseFloor.alternatives(to: ProbeOptions(), demonstrations: 0, choices: 4)
    #expect(cloze.prefix(5).map(\.source) == ["wording", "template", "wording", "template", "wording"])
    #expect(Set(cloze.map { "\($0.source) \($0.variant)" }).count == cloze.count)
  }
}
