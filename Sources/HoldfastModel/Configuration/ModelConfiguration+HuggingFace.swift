public import HoldfastStorage
import HoldfastTensor

extension ModelConfiguration {
  /// Reads a Hugging Face `config.json`, checked.
  ///
  /// - Throws: `unsupported`, naming the setting, for what this build does not have.
  init(huggingFace root: JSONNode) throws(HoldfastError) {
    func unsupported(_ what: String) -> HoldfastError {
      HoldfastError(.unsupported, "\(root.document): \(what)")
    }
    let architecture = try root.member("model_type").text()
    guard Architecture.named(architecture) != nil else {
      throw unsupported(
        "architecture '\(architecture)' is not known; this build loads \(Architecture.knownNames)")
    }
    func int(_ key: ByteString, default fallback: Int? = nil) throws(HoldfastError) -> Int {
      guard let node = try root.optional(key) else {
        if let fallback { return fallback }
        return try root.member(key).int()
      }
      return try node.int()
    }
    func double(_ key: ByteString, default fallback: Double) throws(HoldfastError) -> Double {
      try root.optional(key)?.double() ?? fallback
    }
    func flag(_ key: ByteString) throws(HoldfastError) -> Bool { try root.optional(key)?.bool() ?? false }

    let activation = try root.optional("hidden_act")?.text() ?? "silu"
    guard activation == "silu" || activation == "swish" else {
      throw unsupported("activation '\(activation)' is not supported; llama models use silu")
    }
    for key: ByteString in ["attention_bias", "mlp_bias"] where try flag(key) {
      throw unsupported("'\(key.text)' is set; biases are not supported")
    }
    // transformers 5 writes rope_parameters; earlier versions rope_theta and rope_scaling.
    var theta = try double("rope_theta", default: 10000)
    for key: ByteString in ["rope_parameters", "rope_scaling"] {
      guard let rope = try root.optional(key) else { continue }
      var kind = try rope.optional("type")?.text() ?? "default"
      kind = try rope.optional("rope_type")?.text() ?? kind
      guard kind == "default" else {
        throw unsupported("rotary scaling '\(kind)' is not supported; only unscaled rotary embeddings are")
      }
      theta = try rope.optional("rope_theta")?.double() ?? theta
    }
    let width = try int("hidden_size")
    let heads = try int("num_attention_heads")
    guard heads > 0, width > 0 else {
      throw HoldfastError(
        .corruptData, "\(root.document): \(heads) heads and a width of \(width) make no model")
    }
    self.init(
      architecture: architecture, vocabularySize: try int("vocab_size"), width: width,
      layers: try int("num_hidden_layers"), heads: heads,
      kvHeads: try int("num_key_value_heads", default: heads),
      headWidth: try int("head_dim", default: width / heads), feedForward: try int("intermediate_size"),
      normEpsilon: Float(try double("rms_norm_eps", default: 1e-6)), ropeTheta: theta,
      contextLength: try int("max_position_embeddings", default: 2048),
      tiedEmbeddings: try flag("tie_word_embeddings"))
    try validate(source: root.document)
  }

  /// The `config.json` that describes this model to transformers.
  public var huggingFace: JSON {
    [
      "architectures": ["LlamaForCausalLM"], "model_type": .text(architecture),
      "vocab_size": .int(vocabularySize),
      "hidden_size": .int(width), "num_hidden_layers": .int(layers), "num_attention_heads": .int(heads),
      "num_key_value_heads": .int(kvHeads), "head_dim": .int(headWidth),
      "intermediate_size": .int(feedForward),
      "rms_norm_eps": .number(Double(normEpsilon)), "rope_theta": .number(ropeTheta),
      "max_position_embeddings": .int(contextLength), "tie_word_embeddings": .bool(tiedEmbeddings),
      "hidden_act": "silu", "attention_bias": false, "mlp_bias": false, "torch_dtype": "float32",
    ]
  }
}
