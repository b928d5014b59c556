import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Probes under interventions, patches between models, and drift by layer.
@Suite struct InterventionLedgerTests {
  private func scaled(_ model: Model, by factor: Float) throws -> Model {
    let parameters = try Parameters(copying: model)
    for (name, tensor) in zip(parameters.names, parameters.tensors) where name.text.contains("layers") {
      Runtime.shared.scale(tensor, by: factor)
    }
    return model.with(parameters)
  }

  private func options(_ probe: ProbeKind) -> ProbeOptions {
    var options = ProbeOptions()
    options.probe = probe
    options.limit = 6
    return options
  }

  @Test func answersUnderInterventionsSayWhichAndDoNotDependOnTheBatch() throws {
    let model = try Fixture.tinyModel()
    let directory = try Fixture.Directory()
    let width = model.configuration.width
    let vector = (0..<width).map { Float($0 % 3) - 1 }
    let lists: [[Intervention]] = [
      [Intervention(.zero, at: "blocks.0.hook_mlp_out")],
      [Intervention(.add, at: "blocks.0.hook_resid_post", positions: .last, source: .directions([vector]))],
      [Intervention(.noise, at: "hook_embed", positions: .range(from: 1, to: -2), strength: 0.5, seed: 4)],
      [
        Intervention(
          .resample, at: "blocks.0.hook_attn_out", positions: .prompt,
          source: .texts(.init([.prompt("Water is wet."), .prompt("Fire is hot.")], alignment: .end)))
      ],
    ]
    for probe in ProbeKind.allCases {
      let plain = try Probe.run(model, Fixture.questions(), options: options(probe))
      #expect(plain.settings.interventions.isEmpty)
      for list in lists {
        let changed = try model.with(Interventions(list))
        let ledger = try Probe.run(changed, Fixture.questions(), options: options(probe))
        #expect(ledger.settings.interventions == Interventions(list))
        #expect(ledger.rows.map(\.scores) != plain.rows.map(\.scores), "\(list)")
        #expect(ledger.rows.map(\.promptDigest) == plain.rows.map(\.promptDigest))
        for (size, sharing) in [(1, true), (64, false), (4, true)] {
          var other = options(probe)
          other.batchSize = size
          other.prefixSharing = sharing
          #expect(try Probe.run(changed, Fixture.questions(), options: other).rows == ledger.rows)
        }
        // What is written is read again, and joins with other ledgers.
        let path = directory.file("ledger.h5")
        try ledger.save(to: path)
        #expect(try Ledger.load(path) == ledger)
        #expect(try Ledger.joined([("plain", plain), ("changed", ledger)]).count == 6)
        #expect(try Comparison(before: plain, after: ledger).consistency.items.count == 6)
      }
    }
    // A store refuses to go on under other interventions.
    let store = try LedgerStore(directory.file("store"))
    _ = try Probe.run(
      model.with(Interventions(lists[0])), Fixture.questions(), options: options(.cloze), store: store)
    #expect(throws: HoldfastError.self) {
      try Probe.run(model, Fixture.questions(), options: options(.cloze), store: store)
    }
  }

  @Test func patchesBetweenModelsAreWhatTheyAreCalled() throws {
    let base = try Fixture.tinyModel()
    let (tuned, second) = (try scaled(base, by: 1.4), try scaled(base, by: 0.7))
    let layers = base.configuration.layers
    let directory = try Fixture.Directory()
    for probe in ProbeKind.allCases {
      var settings = CrossModelPatch.Options()
      settings.bootstrap.resamples = 200
      func run(_ settings: CrossModelPatch.Options) throws -> CrossModelPatch {
        try CrossModelPatch.run(
          base: base, tuned: tuned, secondTuned: second, questions: Fixture.questions(),
          probe: options(probe), options: settings, directory: directory.file("\(probe.rawValue)"))
      }
      let patch = try run(settings)
      #expect(
        patch.curves.map(\.name) == [
          "base_into_tuned", "tuned_into_base", "base_into_tuned random", "tuned_into_base random", "seeds",
        ])
      #expect(patch.layers.count == layers && patch.beyondRandom.count == 2)
      // With the stream of the last layer and a final norm that was not tuned, the source answers.
      let last = try #require(patch.curves[0].ledgers.last)
      #expect(last.rows.map(\.scores) == patch.base.rows.map(\.scores))
      #expect(patch.curves[0].withSource.values.last == 1)
      #expect(patch.curves[1].ledgers.last?.rows.map(\.scores) == patch.tuned.rows.map(\.scores))
      // By hand: activations put in with a hook, question by question.
      let flips = zip(patch.tuned.rows, patch.curves[0].ledgers[0].rows).map { Flip(before: $0, after: $1) }
      #expect(patch.curves[0].flips[0][.lost] == flips.count { $0 == .lost })
      // A killed run goes on from what was sealed: nothing is asked again, and the numbers are the same.
      #expect(try run(settings).json == patch.json)
      try patch.write(to: directory.file("patch.h5"))
      try patch.write(to: directory.file("patch.csv"))
      try patch.write(to: directory.file("patch.json"))
      #expect(try patch.table().count == 5 * layers)
      #expect(patch.text.contains("base_into_tuned"))
      var weights = CrossModelPatch.Options()
      weights.subject = .weights(.block)
      weights.layers = [0]
      weights.bootstrap.resamples = 50
      let swapped = try CrossModelPatch.run(
        base: base, tuned: tuned, questions: Fixture.questions(), probe: options(probe), options: weights)
      #expect(swapped.curves.count == 2 && swapped.beyondRandom.isEmpty)
      // The first block of the base is the base's stream behind it.
      #expect(
        swapped.curves[0].ledgers[0].rows.map(\.scores) == patch.curves[0].ledgers[0].rows.map(\.scores))
      weights.positions = .last
      #expect(throws: HoldfastError.self) {
        try CrossModelPatch.run(base: base, tuned: tuned, questions: Fixture.questions(), options: weights)
      }
    }
  }

  @Test func driftIsNoneBetweenAModelAndItself() throws {
    let base = try Fixture.tinyModel()
    let same = try DriftByLayer.run(base: base, tuned: base, questions: Fixture.questions())
    #expect(same.sites.count == base.configuration.layers + 1)
    #expect(same.curves[0].cka.dropFirst().allSatisfy { abs($0 - 1) < 1e-9 })
    #expect(same.curves[0].cosine.values.allSatisfy { abs($0 - 1) < 1e-9 })
    #expect(same.curves[0].lensSameTop.values.allSatisfy { $0 == 1 })
    let ids = Set(try Fixture.questions().questions.prefix(5).map(\.id))
    let drift = try DriftByLayer.run(
      base: base, tuned: try scaled(base, by: 1.4), questions: Fixture.questions(), subsets: [("some", ids)])
    #expect(drift.curves.map(\.items) == [try Fixture.questions().count, 5])
    #expect(drift.curves[0].cosine.values.last.map { $0 < 0.9999 } == true)
    #expect(drift.curves[0].cosine.values[0] > 0.999999, "what goes into the first layer was not tuned")
  }
}

/// Statistics of analyses against NumPy.
@Suite struct AnalysisStatisticsTests {
  @Test func debiasedCKAIsThatOfAnIndependentFormula() throws {
    let fixture = try Fixture.json("analysis.json")
    let items = try fixture.member("items").int()
    for item in try fixture.list("cka") {
      let columns = try item.integers("columns")
      func gram(_ key: ByteString, _ width: Int) throws -> [Double] {
        Runtime.shared.gram(try Tensor(item.numbers(key).map { Float($0) }, shape: [items, width]))
      }
      let found = Statistics.debiasedCKA(
        try gram("x", columns[0]), try gram("y", columns[1]), count: items)
      #expect(isClose(found, try item.number("cka"), 1e-9))
    }
    #expect(
      Statistics.debiasedCKA([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1], count: 3).isNaN)
  }

  @Test func ridgeIsThatOfScikitLearn() throws {
    for item in try Fixture.json("analysis.json").list("ridge") {
      let (width, classes) = (try item.member("width").int(), try item.member("classes").int())
      let gram = Runtime.shared.gram(try Tensor(item.numbers("x").map { Float($0) }, shape: [28, width]))
      let scores = Statistics.ridgeScores(
        gram, labels: try item.integers("labels"), classes: classes, train: Array(0..<20),
        test: Array(20..<28),
        penalty: try item.number("penalty"))
      #expect(isClose(scores.flatMap { $0 }, try item.numbers("scores"), 1e-8))
    }
    #expect(Statistics.cholesky([1, 2, 2, 1], 2) == nil)
  }

  @Test func probesReadWhatIsThere() throws {
    let model = try Fixture.tinyModel()
    // The label is the last token, which the first layer shows plainly and later ones mix with the rest; or a coin, which
    // none knows.
    let texts: [[Int32]] = (0..<40).map { (i: Int) -> [Int32] in
      let last: Int32 = i % 2 == 0 ? 11 : 12
      return [Int32(5 + i % 7), Int32(40 + i % 5), last]
    }
    let read = try LinearProbe.run(model, texts: texts, labels: texts.map { $0[2] == 11 ? 0 : 1 })
    #expect(read.accuracy.values.first == 1 && read.accuracy.values.allSatisfy { $0 > 0.8 })
    #expect(read.majority == 0.5 && read.texts == 40)
    var random = RandomSource(seed: 1)
    let coins = texts.map { _ in random.below(2) }
    #expect(try LinearProbe.run(model, texts: texts, labels: coins).accuracy.values.allSatisfy { $0 < 0.8 })
    #expect(throws: HoldfastError.self) {
      try LinearProbe.run(model, texts: texts, labels: texts.map { _ in 0 })
    }
    var options = LinearProbe.Options()
    options.position = 3
    #expect(throws: HoldfastError.self) {
      try LinearProbe.run(model, texts: texts, labels: coins, options: options)
    }
  }

  @Test func bandsAreThoseOfNumPy() throws {
    let node = try Fixture.json("analysis.json").member("band")
    let curve = try node.list("curve").map { try $0.elements().map { try $0.double() } }
    let drawn = try node.list("drawn").map { try $0.elements().map { try $0.int() } }
    let band = Bootstrap.band(curve, drawn: drawn, level: try node.number("level"))
    #expect(isClose(band.values, try node.numbers("values")))
    #expect(isClose(band.lower, try node.numbers("lower")))
    #expect(isClose(band.upper, try node.numbers("upper")))
    #expect(isClose(band.p, try node.numbers("p")))
    #expect(isClose(band.critical, try node.number("critical")))
  }

  @Test func oneBandIsWiderThanManyIntervals() {
    var random = RandomSource(seed: 3)
    let curve = (0..<12).map { _ in (0..<40).map { _ in random.normal() } }
    let bootstrap = Bootstrap()
    let band = bootstrap.band(curve)
    for (point, values) in curve.enumerated() {
      let interval = bootstrap.mean(values).interval
      #expect(band.lower[point] < interval.lower && band.upper[point] > interval.upper)
    }
    #expect(band.critical > 2.5 && band.critical < 3.5, "\(band.critical)")
    let nothing = bootstrap.band([[], []]).values
    #expect(nothing.count == 2 && nothing.allSatisfy { $0.isNaN })
  }
}
