import HoldfastModel
import HoldfastTensor
import Testing

@testable import HoldfastTuning

/// How a step is computed never shows in its bits.
@Suite(.serialized) struct InvarianceTests {
  private func run(
    _ name: String, _ change: (inout TuningOptions) -> Void = { _ in }
  ) throws -> TuningResult {
    var options = Fixture.livelyOptions
    change(&options)
    return try Trainer(
      model: Fixture.model(name), examples: Fixture.examples(Fixture.json("model/\(name).expected.json")),
      options: options
    ).run()
  }

  @Test(arguments: ["tiny-tied", "tiny-untied"])
  func microBatchesGiveTheBitsOfTheWholeBatch(name: String) throws {
    let whole = try run(name) { $0.microBatchTokens = 1 << 20 }
    #expect(whole.records.count == 9)
    for size in [1, 2, 3, 8] {
      let cut = try run(name) { $0.microBatchSize = size }
      #expect(try bits(cut.model) == bits(whole.model), "micro-batches of \(size)")
      #expect(difference(cut, whole) == nil, "micro-batches of \(size)")
    }
    for tokens in [1, 30, 50] {
      let cut = try run(name) { $0.microBatchTokens = tokens }
      #expect(try bits(cut.model) == bits(whole.model), "micro-batches of \(tokens) tokens")
      #expect(difference(cut, whole) == nil, "micro-batches of \(tokens) tokens")
    }
  }

  /// In full tuning, and under an adapter with dropout, whose masks must be the same the second time.
  @Test(arguments: ["tiny-tied", "tiny-untied"], [0, 3])
  func recomputingGivesTheBitsOfKeeping(name: String, rank: Int) throws {
    func tuned(_ recompute: Bool) throws -> TuningResult {
      try run(name) {
        $0.loraRank = rank
        $0.loraDropout = rank > 0 ? 0.2 : 0
        $0.recompute = recompute
        $0.microBatchTokens = 50
      }
    }
    let (kept, recomputed) = (try tuned(false), try tuned(true))
    #expect(try bits(recomputed.model) == bits(kept.model))
    #expect(difference(recomputed, kept) == nil)
  }

  @Test func threadsGiveTheSameBits() throws {
    let before = Runtime.shared.threadCount
    var seen: [[[UInt32]]] = []
    for threads in [1, 2, 5] {
      try Runtime.shared.setThreadCount(threads)
      seen.append(try bits(run("tiny-untied").model))
    }
    try Runtime.shared.setThreadCount(before)
    #expect(seen[0] == seen[1] && seen[0] == seen[2])
  }

  @Test func theSameRunTwiceGivesTheSameBitsAndAnotherSeedOthers() throws {
    let first = try run("tiny-tied")
    #expect(try bits(run("tiny-tied").model) == bits(first.model))
    #expect(try bits(run("tiny-tied") { $0.seed = 8 }.model) != bits(first.model))
  }

  @Test func theGivenModelStaysAsItWas() throws {
    let model = try Fixture.model("tiny-tied")
    let before = try Parameters(copying: model).tensors.map(\.array)
    let examples = try Fixture.examples(Fixture.json("model/tiny-tied.expected.json"))
    let once = try Trainer(model: model, examples: examples, options: Fixture.livelyOptions).run()
    #expect(try Parameters(copying: model).tensors.map(\.array) == before)
    // tuning goes on from a tuned model's parameters, and leaves those as they were
    let tuned = try bits(once.model)
    #expect(try tuned != bits(model.with(Parameters(copying: model))))
    let twice = try Trainer(model: once.model, examples: examples, options: Fixture.livelyOptions).run()
    #expect(try bits(once.model) == tuned)
    #expect(try bits(twice.model) != tuned)
  }
}
