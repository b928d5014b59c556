import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel
@testable import HoldfastTuning

/// Under a KL penalty, too, bits depend on the data and the options alone, and a run goes on to the same ones.
@Suite(.serialized) struct KLPenaltyBitsTests {
  private static var options: TuningOptions {
    var options = Fixture.livelyOptions
    options.klWeight = 0.8
    return options
  }

  private static var adapterOptions: TuningOptions {
    var options = options
    options.loraRank = 3
    options.loraAlpha = 6
    options.loraDropout = 0.25
    options.learningRate = 1e-2
    return options
  }

  private func examples() throws -> [TrainingExample] {
    try Fixture.examples(Fixture.json("model/tiny-tied.expected.json"))
  }

  private func run(
    _ options: TuningOptions, on model: Model? = nil, _ change: (inout TuningOptions) -> Void = { _ in }
  ) throws -> TuningResult {
    var options = options
    change(&options)
    return try Trainer(model: model ?? Fixture.model("tiny-tied"), examples: examples(), options: options)
      .run()
  }

  private func expectSame(_ a: TuningResult, _ b: TuningResult, _ what: Comment) throws {
    #expect(difference(a, b) == nil, what)
    #expect(try bits(a.model) == bits(b.model), what)
  }

  @Test(arguments: [false, true]) func microBatchesAndThreadsDoNotShow(lora: Bool) throws {
    let options = lora ? Self.adapterOptions : Self.options
    let whole = try run(options) { $0.microBatchTokens = 1 << 20 }
    #expect(try #require(whole.records.last?.kl) > 1e-3)
    for size in [1, 2, 3] {
      try expectSame(run(options) { $0.microBatchSize = size }, whole, "micro-batches of \(size)")
    }
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 3] {
      try Runtime.shared.setThreadCount(threads)
      try expectSame(run(options), whole, "\(threads) threads")
    }
  }

  @Test func withoutAWeightNothingChanges() throws {
    let plain = try run(Fixture.livelyOptions)
    let off = try run(Self.options) { $0.klWeight = 0 }
    try expectSame(off, plain, "no weight")
    #expect(off.records.allSatisfy { $0.kl == nil && $0.json["kl"] == nil } && off.baseSHA256 == nil)
    #expect(try bits(run(Self.options).model) != bits(plain.model))
  }

  /// In the first step the model is its base: whatever the weight, the step is the one without a penalty. The base reads
  /// stored weights, the model float32 copies, and yet they agree to the bit.
  @Test(arguments: ["tiny-tied", "tiny-blocks.q8_0.gguf", "tiny-blocks.f16.gguf"], [0, 2])
  func theFirstStepIsThatWithoutAPenalty(name: String, rank: Int) throws {
    let model = try Fixture.model(name)
    var options = Fixture.torchOptions
    options.maxSteps = 1
    options.loraRank = rank
    let plain = try run(options, on: model)
    let penalized = try run(options, on: model) { $0.klWeight = 50 }
    #expect(penalized.records[0].kl == 0)
    #expect(penalized.records[0].gradientNorm == plain.records[0].gradientNorm)
    #expect(try bits(penalized.model) == bits(plain.model))
  }

  @Test func theBaseIsTheModelGivenWithWhatWasTunedBefore() throws {
    let first = try run(Fixture.livelyOptions).model
    for rank in [0, 2] {
      let second = try run(Self.options, on: first) { $0.loraRank = rank }
      #expect(second.records[0].kl == 0, "rank \(rank)")
      #expect(try second.baseSHA256 == first.fingerprint())
    }
    #expect(try first.fingerprint() != Fixture.model("tiny-tied").fingerprint())
    // An adapter on the base is part of it: its way beside the weights and the merged copy differ by rounding alone.
    let adapted = try run(Fixture.livelyOptions) { $0.loraRank = 2 }.model
    #expect(try #require(run(Self.options, on: adapted).records[0].kl) < 1e-6)
  }

  @Test func aLargerWeightKeepsTheModelCloser() throws {
    let far = try #require(run(Self.options) { $0.klWeight = 0.01 }.records.last?.kl)
    let near = try #require(run(Self.options) { $0.klWeight = 30 }.records.last?.kl)
    #expect(near < far / 2, "\(near) and \(far)")
  }

  @Test(arguments: [false, true]) func aRunGoesOnToTheSameBits(lora: Bool) throws {
    let options = lora ? Self.adapterOptions : Self.options
    let whole = try run(options)
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/run.h5"
      let trainer = try Trainer(model: Fixture.model("tiny-tied"), examples: examples(), options: options)
      for _ in 0..<4 { _ = try trainer.step() }
      try trainer.checkpoint(to: path)
      let base = lora ? nil : try Fixture.model("tiny-tied")
      let resumed = try Trainer(resuming: path, examples: examples(), base: base)
      #expect(resumed.completedSteps == 4)
      // Again from what the resumed run writes.
      _ = try resumed.step()
      try resumed.checkpoint(to: path)
      let result = try Trainer(resuming: path, examples: examples(), base: base).run()
      try expectSame(result, whole, "resumed")
      #expect(result.baseSHA256 == whole.baseSHA256)
      try result.save(to: path)
      let group = try HDF5File(path: path).root.group("training")
      #expect(try group.dataset("kl").read(as: Double.self) == whole.records.map { $0.kl ?? -1 })
    }
  }

  @Test func aCheckpointOfFullTuningAsksForItsBase() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/run.h5"
      let trainer = try Trainer(
        model: Fixture.model("tiny-tied"), examples: examples(), options: Self.options)
      _ = try trainer.step()
      try trainer.checkpoint(to: path)
      let missing = #expect(throws: HoldfastError.self) { try Trainer(resuming: path, examples: examples()) }
      #expect(missing?.code == .invalidArgument)
      #expect(
        missing?.message.contains("kl_weight 0.8") == true && missing?.message.contains("tiny-tied") == true)
      for other in [try Fixture.model("tiny-untied"), trainer.model] {
        let error = #expect(throws: HoldfastError.self) {
          try Trainer(resuming: path, examples: examples(), base: other)
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("is another") == true)
      }
      var options = Self.options
      options.klWeight = 0.9
      let changed = #expect(throws: HoldfastError.self) {
        try Trainer(resuming: path, examples: examples(), options: options, base: Fixture.model("tiny-tied"))
      }
      #expect(changed?.message.contains("kl_weight (0.8, now 0.9)") == true)
    }
  }
}
