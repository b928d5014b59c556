import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastTuning

@Suite struct OptionsTests {
  @Test func jsonRoundTripKeepsEveryOption() throws {
    var options = TuningOptions()
    options.batchSize = 7
    options.microBatchSize = 2
    options.microBatchTokens = 333
    options.maxSteps = 11
    options.epochs = 1.5
    options.learningRate = 3e-4
    options.schedule = .linear
    options.warmupRatio = 0.25
    options.weightDecay = 0.1
    options.clipNorm = 0
    options.seed = .max
    options.shuffle = false
    options.beta1 = 0.8
    options.beta2 = 0.95
    options.epsilon = 1e-6
    options.maxLength = 0
    options.bosPolicy = .always
    options.template = "chatml"
    options.loraRank = 5
    options.loraAlpha = 2.5
    options.loraDropout = 0.125
    options.loraTargetModules = ["q_proj", "mlp.up_proj"]
    options.useRSLoRA = true
    options.klWeight = 0.75
    options.momentPrecision = .bfloat16
    options.recompute = true
    let text = options.json.text()
    #expect(try TuningOptions(json: JSON.parse(text, name: "test")) == options)
    #expect(try TuningOptions(json: [:]) == TuningOptions())
    // as many members as stored properties: none is forgotten
    #expect(options.json.objectValue?.count == Mirror(reflecting: options).children.count)
  }

  @Test func hyphensAreTakenForUnderscores() throws {
    #expect(try TuningOptions(json: ["learning-rate": 0.5, "batch-size": 3.0]).learningRate == 0.5)
  }

  @Test func targetModulesMayBeOneWord() throws {
    #expect(try TuningOptions(json: ["lora_target_modules": "c_attn"]).loraTargetModules == ["c_attn"])
    #expect(throws: HoldfastError.self) { try TuningOptions(json: ["lora_target_modules": [1]]) }
    let adapter = try TuningOptions(json: ["lora_rank": 4, "lora_alpha": 8, "use_rslora": true]).adapter
    #expect(adapter?.scale(of: "x") == 4 && TuningOptions().adapter == nil)
  }

  @Test(arguments: [
    ("{\"learning_rates\": 1}", "learning_rates"), ("{\"learning_rate\": \"high\"}", "learning_rate"),
    ("{\"schedule\": \"step\"}", "\"cosine\""), ("{\"seed\": -1}", "seed"), ("{\"shuffle\": 1}", "shuffle"),
    ("[1]", "object"), ("{\"batch_size\": 2.5}", "batch_size"), ("{\"beta1\": 1}", "beta1"),
    ("{\"kl_weight\": -1}", "kl_weight"), ("{\"kl_weight\": \"1\"}", "kl_weight"),
  ])
  func badJSONIsNamed(text: String, name: String) throws {
    let json = try JSON.parse(text, name: "test")
    let error = #expect(throws: HoldfastError.self) { try TuningOptions(json: json, source: "study.json") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains(name) == true)
  }

  static let bad: [(String, @Sendable (inout TuningOptions) -> Void)] = [
    ("batch_size", { $0.batchSize = 0 }), ("batch_size", { $0.batchSize = .max }),
    ("micro_batch_size", { $0.microBatchSize = -1 }), ("micro_batch_tokens", { $0.microBatchTokens = 0 }),
    ("max_steps", { $0.maxSteps = -5 }), ("max_length", { $0.maxLength = -1 }), ("epochs", { $0.epochs = 0 }),
    ("epochs", { $0.epochs = .nan }), ("epochs", { $0.epochs = .infinity }),
    ("learning_rate", { $0.learningRate = 0 }), ("learning_rate", { $0.learningRate = .nan }),
    ("warmup_ratio", { $0.warmupRatio = 1.1 }), ("weight_decay", { $0.weightDecay = -0.1 }),
    ("clip_norm", { $0.clipNorm = -1 }), ("clip_norm", { $0.clipNorm = .infinity }),
    ("beta1", { $0.beta1 = 1 }),
    ("beta2", { $0.beta2 = -0.5 }), ("epsilon", { $0.epsilon = 0 }), ("lora_rank", { $0.loraRank = -1 }),
    ("lora_alpha", { $0.loraAlpha = 0 }), ("lora_alpha", { $0.loraAlpha = .nan }),
    ("lora_dropout", { $0.loraDropout = 1 }), ("lora_target_modules", { $0.loraTargetModules = [] }),
    ("lora_target_modules", { $0.loraTargetModules = [""] }), ("kl_weight", { $0.klWeight = -0.5 }),
    ("kl_weight", { $0.klWeight = .nan }), ("kl_weight", { $0.klWeight = .infinity }),
  ]

  @Test(arguments: bad.indices)
  func badValuesAreNamed(index: Int) {
    let (name, change) = Self.bad[index]
    var options = TuningOptions()
    change(&options)
    let error = #expect(throws: HoldfastError.self) { try options.validate() }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("option \(name) is") == true)
  }

  @Test func differencesNameWhatDecides() {
    var options = TuningOptions()
    options.microBatchSize = 3
    options.microBatchTokens = 5
    #expect(options.differences(from: TuningOptions()) == [])
    options.learningRate = 1e-4
    options.seed = 1
    #expect(options.differences(from: TuningOptions()).count == 2)
    #expect(options.differences(from: TuningOptions()).first?.hasPrefix("learning_rate") == true)
  }
}
