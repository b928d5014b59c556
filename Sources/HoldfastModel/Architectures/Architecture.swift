import HoldfastStorage
import HoldfastTensor

/// One family of models: what its blocks are made of, and how its files name and lay out its tensors.
///
/// A file beside this one describes each. The Hugging Face name is the engine's own name for a tensor, everywhere.
struct Architecture: Sendable {
  /// A module's names, without `.weight` and `.bias`; `{i}` stands for the layer.
  struct Name: Sendable {
    let huggingFace: String
    let gguf: String

    init(_ huggingFace: String, _ gguf: String) {
      self.huggingFace = huggingFace
      self.gguf = gguf
    }
  }

  /// The Hugging Face `model_type`.
  let name: String
  /// The class that transformers opens it with.
  let className: String
  /// GGUF's `general.architecture`, or `nil` when another family's stands for it.
  let gguf: String?
  /// The modules it has.
  let modules: [Module: Name]
  /// transformers' own values of settings that published configurations leave out.
  var defaults: [(key: ByteString, value: JSON)] = []
  /// What its Hugging Face configuration calls settings that others call by the key.
  var keys: [ByteString: ByteString] = [:]
  /// How its Hugging Face files lay out tensors, where not as the engine.
  var huggingFaceLayout: [Module: TensorLayout] = [:]
  /// How its GGUF files do.
  var ggufLayout: [Module: TensorLayout] = [:]
  /// Beginnings of names that some Hugging Face files write instead of the first one.
  var prefixes: [String] = []
  /// Reads what is particular to the family from its Hugging Face configuration.
  let configure: @Sendable (ConfigurationReader, inout ModelConfiguration) throws(HoldfastError) -> Void
  /// The members of a Hugging Face configuration, beyond the common ones, that say what a GGUF file says.
  var translate: @Sendable (GGUFConfiguration) throws(HoldfastError) -> [(key: ByteString, value: JSON)] = {
    _ throws(HoldfastError) in []
  }

  /// Every family this build knows.
  static let known: [Architecture] = [
    .llama, .mistral, .qwen2, .qwen3, .gemma2, .gemma3, .olmo2, .phi3, .gpt2, .gptNeoX,
  ]

  /// The family of that Hugging Face `model_type`.
  static func named(_ name: String) -> Architecture? { known.first { $0.name == name } }

  /// The error for a family that is not known.
  static func unknown(_ name: String, source: String) -> HoldfastError {
    HoldfastError(
      .unsupported,
      "\(source): architecture '\(name)' is not known; this build loads "
        + known.map(\.name).joined(separator: ", "))
  }

  /// Every tensor of a model, in the order of the forward pass, the output projection last.
  func slots(_ c: ModelConfiguration) -> [Slot] {
    var all: [Slot] = []
    func append(_ module: Module, _ layer: Int?) {
      guard let name = modules[module] else { return }
      if module == .output, c.tiedEmbeddings { return }
      all.append(Slot(module, name, layer: layer, isBias: false, c))
      if module.hasBias(c) { all.append(Slot(module, name, layer: layer, isBias: true, c)) }
    }
    append(.embedding, nil)
    append(.positionEmbedding, nil)
    for layer in 0..<c.layers {
      for module in Module.allCases where module.isOfBlock { append(module, layer) }
    }
    append(.finalNorm, nil)
    append(.output, nil)
    return all
  }

  /// The names under which a Hugging Face file may keep a tensor, the usual one first.
  func aliases(_ name: ByteString) -> [ByteString] {
    guard let usual = prefixes.first, name.bytes.starts(with: usual.utf8) else { return [name] }
    return prefixes.map { ByteString(Array($0.utf8) + name.bytes.dropFirst(usual.utf8.count)) }
  }
}
