import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel
@testable import HoldfastTuning

/// LoRA tuning: AdamW's steps against PEFT, and the same bits however a run is cut, interrupted or saved.
@Suite struct AdapterTuningTests {
  private static let adapters = Fixture.fixtures + "/adapters"

  /// The three sequences of a base model's fixture as one batch.
  private func examples(_ name: String) throws -> [TrainingExample] {
    let configuration = try JSON.read("\(Self.adapters)/\(name)/adapter_config.json")
    let base = try #require(configuration["base_model_name_or_path"]?.textValue)
    let file = try SafetensorsFile(path: "\(Self.adapters)/\(name)/\(base)/reference.safetensors")
    func integers(_ name: String) throws -> [Int32] {
      let tensor = try #require(file.tensors.first { $0.name == ByteString(name) })
      return stride(from: 0, to: tensor.byteCount, by: 4).map {
        tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)
      }
    }
    return try (0..<3).map {
      TrainingExample(id: "\($0)", tokens: try integers("tokens.\($0)"), labels: try integers("labels.\($0)"))
    }
  }

  @Test(arguments: [
    "llama", "llama-head", "llama-layer", "qwen2", "gemma3", "gemma3-nested", "olmo2", "phi3", "gpt2",
    "gpt-neox",
  ])
  func fourStepsAreThoseOfPEFT(name: String) throws {
    let model = try Model.load("\(Self.adapters)/\(name)")
    let expected = try SafetensorsFile(path: "\(Self.adapters)/\(name)/reference.safetensors").tensors.first {
      $0.name == "losses"
    }
    let stored = try #require(expected)
    let losses = stride(from: 0, to: stored.byteCount, by: 8).map {
      stored.bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
    }
    var options = Fixture.torchOptions
    options.learningRate = 5e-3
    options.weightDecay = 0.1
    let trainer = try Trainer(
      model: model, parameters: #require(model.parameters), examples: examples(name), options: options,
      records: [],
      moments: nil, runtime: .shared)
    let records = try trainer.run().records
    try #require(records.count == 4 && losses.count == 4)
    for (record, loss) in zip(records, losses) {
      #expect(abs(record.loss - loss) < 1e-5, "step \(record.step): \(record.loss), PEFT \(loss)")
    }
  }

  private static var options: TuningOptions {
    var options = Fixture.livelyOptions
    options.loraRank = 3
    options.loraAlpha = 6
    options.loraDropout = 0.25
    options.learningRate = 1e-2
    return options
  }

  private func run(_ change: (inout TuningOptions) -> Void = { _ in }) throws -> TuningResult {
    var options = Self.options
    change(&options)
    let expected = try Fixture.json("model/tiny-tied.expected.json")
    return try Trainer(
      model: Fixture.model("tiny-tied"), examples: Fixture.examples(expected), options: options
    ).run()
  }

  private func same(_ a: TuningResult, _ b: TuningResult) throws -> Bool {
    try difference(a, b) == nil && bits(a.model).elementsEqual(bits(b.model)) { $0.elementsEqual($1) }
  }

  @Test func microBatchesAndThreadsDoNotShow() throws {
    let whole = try run()
    #expect(try #require(whole.records.first).loss != #require(whole.records.last).loss)
    for size in [1, 2] {
      #expect(try same(whole, run { $0.microBatchSize = size }), "micro-batches of \(size)")
    }
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 3] {
      try Runtime.shared.setThreadCount(threads)
      #expect(try same(whole, run()), "\(threads) threads")
    }
    #expect(try !same(whole, run { $0.loraDropout = 0 }))
    #expect(try !same(whole, run { $0.seed = 8 }))
  }

  @Test func aRunGoesOnToTheSameBits() throws {
    let whole = try run()
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/run.h5"
      let expected = try Fixture.json("model/tiny-tied.expected.json")
      let examples = try Fixture.examples(expected)
      let trainer = try Trainer(
        model: Fixture.model("tiny-tied"), examples: examples, options: Self.options)
      for _ in 0..<4 { _ = try trainer.step() }
      try trainer.checkpoint(to: path)
      #expect(try Model.load(path).parameters?.adapter?.rank == 3)
      let resumed = try Trainer(resuming: path, examples: examples)
      #expect(resumed.completedSteps == 4)
      let result = try resumed.run()
      #expect(try same(whole, result))
      var others = Self.options
      others.loraAlpha = 7
      let error = #expect(throws: HoldfastError.self) {
        try Trainer(resuming: path, examples: examples, options: others)
      }
      #expect(error?.message.contains("lora_alpha (6") == true)
      try result.save(to: path)
      let loaded = try Model.load(path)
      #expect(try bits(loaded).elementsEqual(bits(whole.model)) { $0.elementsEqual($1) })
    }
  }

  @Test func tuningGoesOnFromAnyModel() throws {
    let first = try run().model
    let expected = try Fixture.json("model/tiny-tied.expected.json")
    let examples = try Fixture.examples(expected)
    let tokens = examples[0].tokens
    func logits(_ model: Model) throws -> [Float] {
      try model.makeSession().logits([Segment(tokens, outputs: .all)]).array
    }
    // A new adapter on an adapted model begins where that one ended; so does full tuning.
    let second = try Trainer(model: first, examples: examples, options: Self.options)
    #expect(second.model.parameters?.count == first.parameters?.count)
    let merged = try logits(first.merged())
    #expect(try logits(second.model).elementsEqual(merged))
    var full = Fixture.torchOptions
    full.maxSteps = 1
    #expect(try logits(Trainer(model: first, examples: examples, options: full).model).elementsEqual(merged))
    #expect(throws: HoldfastError.self) { try second.model.saveAdapter(to: "/tmp/holdfast-never") }
  }

  @Test func newAdaptersBeginAsPEFT() throws {
    let model = try Fixture.model("tiny-tied")
    var configuration = AdapterConfiguration()
    configuration.rank = 8
    let parameters = try Parameters(adapting: model, configuration, seed: 1)
    #expect(parameters.names.count == 2 * 7 * model.configuration.layers)
    for (name, tensor) in zip(parameters.names, parameters.tensors) {
      if name.hasSuffix("lora_B.weight") {
        #expect(tensor.array.allSatisfy { $0 == 0 })
      } else {
        let bound = 1 / Double(tensor.columns).squareRoot()
        let values = tensor.array.map(Double.init)
        #expect(values.allSatisfy { abs($0) <= bound })
        // A uniform draw has a third of its bound's square for a variance.
        let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
        #expect(abs(variance * 3 / (bound * bound) - 1) < 0.3)
      }
    }
    #expect(
      Set(parameters.tensors.map { $0.array.first?.bitPattern ?? 0 }).count > 7 * model.configuration.layers)
  }

  @Test func unknownTargetsAreNamed() throws {
    let expected = try Fixture.json("model/tiny-tied.expected.json")
    var options = Self.options
    options.loraTargetModules = ["q_proj", "query"]
    let error = #expect(throws: HoldfastError.self) {
      try Trainer(model: Fixture.model("tiny-tied"), examples: Fixture.examples(expected), options: options)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("'query'") == true && error?.message.contains("k_proj") == true)
  }
}
