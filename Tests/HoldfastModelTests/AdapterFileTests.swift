import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// What is refused in adapter directories, by name.
@Suite struct AdapterFileTests {
  /// A directory with the files of the llama adapter, the configuration changed.
  private func adapter(
    _ change: (inout JSON) -> Void, tensors: ((inout [SafetensorsFile.Output]) -> Void)? = nil,
    _ body: (String) throws -> Void
  ) throws {
    let fixture = try #require(AdapterFixture.all.first { $0.name == "llama" })
    try withScratchDirectory { scratch in
      var configuration = try JSON.read("\(fixture.path)/\(AdapterFiles.configuration)")
      configuration.set("base_model_name_or_path", .text("\(fixture.path)/../../architectures/llama"))
      change(&configuration)
      try AtomicFile.write(configuration.serialized(), to: "\(scratch)/\(AdapterFiles.configuration)")
      var outputs = try SafetensorsFile(path: "\(fixture.path)/\(AdapterFiles.tensors)").tensors.map {
        SafetensorsFile.Output(name: $0.name, shape: $0.shape, values: try $0.values())
      }
      tensors?(&outputs)
      try SafetensorsFile.write(path: "\(scratch)/\(AdapterFiles.tensors)", tensors: outputs)
      try body(scratch)
    }
  }

  private static let settings: [(ByteString, JSON, String)] = [
    ("use_dora", true, "use_dora"), ("peft_type", "IA3", "IA3"), ("lora_bias", true, "lora_bias"),
    ("layer_replication", [[0, 1]], "layer_replication"), ("init_lora_weights", "pissa_niter_4", "pissa"),
    ("alora_invocation_tokens", [1], "alora_invocation_tokens"),
    ("target_parameters", ["x"], "target_parameters"),
    ("trainable_token_indices", [1], "trainable_token_indices"),
    ("a_setting_of_tomorrow", 3, "a_setting_of_tomorrow"),
    ("rank_pattern", ["layers\\.[01].*": 3], "layers"), ("r", 4, "lora_A"), ("r", 0, ".r"),
    ("r", "three", ".r"), ("lora_alpha", "x", "lora_alpha"), ("lora_dropout", 2, "dropout"),
    ("target_modules", [1], "target_modules"),
    ("base_model_name_or_path", "nobody/nothing", "nobody/nothing"),
    ("base_model_name_or_path", nil, "belongs"),
    ("base_model_name_or_path", "./", "config.json"),
  ]

  @Test(arguments: settings.indices)
  func settingsThatChangeNumbersAreRefusedByName(index: Int) throws {
    let (key, value, word) = Self.settings[index]
    try adapter({ $0.set(key, value) }) { directory in
      let error = #expect(throws: HoldfastError.self) { try Model.load(directory) }
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
  }

  @Test func tensorsThatDoNotBelongAreRefusedByName() throws {
    let changes: [(String, (inout [SafetensorsFile.Output]) -> Void)] = [
      ("lora_B", { $0.removeAll { $0.name.hasSuffix("layers.1.mlp.up_proj.lora_B.weight") } }),
      ("missing", { $0.removeAll { $0.name.text.contains("layers.1.mlp.up_proj.") } }),
      ("begin", { $0.append(.init(name: "model.x", shape: [1], values: [0])) }),
      (
        "embed_tokens.lora_embedding_A",
        {
          $0.append(
            .init(name: "base_model.model.model.embed_tokens.lora_embedding_A", shape: [1], values: [0]))
        }
      ),
      (
        "shape",
        {
          let last = $0.removeLast()
          $0.append(.init(name: last.name, shape: [1, 1], values: [0]))
        }
      ),
      (
        "NaN",
        {
          let last = $0.removeLast()
          let count = last.shape.reduce(1, *)
          $0.append(.init(name: last.name, shape: last.shape, values: [Float](repeating: .nan, count: count)))
        }
      ),
    ]
    for (word, change) in changes {
      try adapter({ _ in }, tensors: change) { directory in
        let error = #expect(throws: HoldfastError.self) { try Model.load(directory) }
        #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "")")
      }
    }
    try adapter({ _ in }) { directory in
      let model = try Model.load(directory)
      #expect(model.provenance.format == "peft")
      let base = try #require(ArchitectureFixture.all.first { $0.name == "llama" }).model()
      #expect(try model.provenance.sha256() != base.provenance.sha256())
      let error = #expect(throws: HoldfastError.self) { try model.adapted(by: directory) }
      #expect(error?.message.contains("merge") == true)
    }
  }

  @Test(arguments: AdapterFixture.all)
  func anAdapterLoadedBesideItsBaseSharesTheWeights(_ fixture: AdapterFixture) throws {
    let named = try #require(
      JSON.read("\(fixture.path)/\(AdapterFiles.configuration)")["base_model_name_or_path"]?.textValue)
    let base = try Model.load("\(fixture.path)/\(named)/.")
    let adapted = try Model.load(fixture.path, beside: base)
    #expect(adapted.weights === base.weights)
    let tokens = try fixture.sequences()[1].tokens
    #expect(try adapted.allLogits(tokens).bits.elementsEqual(fixture.model().allLogits(tokens).bits))
    let stranger = try #require(ArchitectureFixture.all.first { !named.hasSuffix($0.name) }).model()
    #expect(try Model.load(fixture.path, beside: stranger).weights !== stranger.weights)
  }

  @Test func anyDamageIsAnError() throws {
    try adapter({ _ in }) { directory in
      for file in [AdapterFiles.configuration, AdapterFiles.tensors] {
        let path = "\(directory)/\(file)"
        let whole = try MappedFile(path: path).withBytes { Array($0) }
        for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 60)) {
          try AtomicFile.write(Array(whole[..<length]), to: path)
          #expect(throws: HoldfastError.self) { try Model.load(directory) }
        }
        var random = RandomSource(seed: 5)
        for _ in 0..<60 {
          var bytes = whole
          for _ in 0..<3 {
            bytes[random.below(min(bytes.count, 3000))] = UInt8(truncatingIfNeeded: random.next())
          }
          try AtomicFile.write(bytes, to: path)
          do { _ = try Model.load(directory).makeSession() } catch is HoldfastError {}
        }
        try AtomicFile.write(whole, to: path)
      }
    }
  }
}
