import HoldfastStorage
import HoldfastTensor

/// The settings of a GGUF file by their keys without the architecture, and what they are in Hugging Face's words.
struct GGUFConfiguration {
  let file: GGUFFile
  let family: Architecture
  private let prefix: String

  /// - Throws: `unsupported` for an unknown architecture.
  init(_ file: GGUFFile) throws(HoldfastError) {
    let name = try file.string("general.architecture").text
    guard let family = Architecture.known.first(where: { $0.gguf == name }) else {
      throw Architecture.unknown(name, source: file.path)
    }
    self.file = file
    // GGUF files of Mistral say they are Llama; only those with a window need to be told apart.
    let windowed = name == "llama" && file.metadata["llama.attention.sliding_window"] != nil
    self.family = windowed ? .mistral : family
    prefix = name
  }

  func key(_ suffix: String) -> ByteString { ByteString("\(prefix).\(suffix)") }
  func int(_ suffix: String, default fallback: Int? = nil) throws(HoldfastError) -> Int {
    try file.int(key(suffix), default: fallback)
  }
  func double(_ suffix: String, default fallback: Double? = nil) throws(HoldfastError) -> Double {
    try file.double(key(suffix), default: fallback)
  }
  func bool(_ suffix: String, default fallback: Bool? = nil) throws(HoldfastError) -> Bool {
    try file.bool(key(suffix), default: fallback)
  }
  /// Whether the file has a value under that key.
  func hasKey(_ suffix: String) -> Bool { file.metadata[key(suffix)] != nil }
  /// Whether the file has a tensor of that name.
  func has(_ tensor: ByteString) throws(HoldfastError) -> Bool { try file.optionalTensor(tensor) != nil }

  /// E, the width of one head.
  func headWidth() throws(HoldfastError) -> Int {
    let heads = try int("attention.head_count")
    guard heads > 0 else {
      throw HoldfastError(.corruptData, "\(file.path): \(heads) heads make no model")
    }
    let width = try int("attention.key_length", default: try int("embedding_length") / heads)
    guard try int("attention.value_length", default: width) == width, width > 0 else {
      throw HoldfastError(
        .unsupported, "\(file.path): keys and values have different widths; this build needs them equal")
    }
    return width
  }

  /// The Hugging Face `config.json` of the same model.
  func huggingFace() throws(HoldfastError) -> JSON {
    var config: JSON = ["architectures": [.text(family.className)], "model_type": .text(family.name)]
    func set(_ key: ByteString, _ value: JSON) { config.set(family.keys[key] ?? key, value) }
    let vocabulary = try int("vocab_size", default: file.strings("tokenizer.ggml.tokens", default: []).count)
    let headWidth = try headWidth()
    set("vocab_size", .int(vocabulary))
    set("hidden_size", .int(try int("embedding_length")))
    set("num_hidden_layers", .int(try int("block_count")))
    set("num_attention_heads", .int(try int("attention.head_count")))
    if family.modules[.positionEmbedding] == nil {
      set(
        "num_key_value_heads",
        .int(try int("attention.head_count_kv", default: try int("attention.head_count"))))
      set("head_dim", .int(headWidth))
    }
    set("intermediate_size", .int(try int("feed_forward_length")))
    set("max_position_embeddings", .int(try int("context_length")))
    let rms = key("attention.layer_norm_rms_epsilon")
    set(
      "rms_norm_eps",
      .number(try file.double(file.metadata[rms] == nil ? key("attention.layer_norm_epsilon") : rms)))
    set("tie_word_embeddings", .bool(try !has("output.weight")))
    if family.modules[.positionEmbedding] == nil { try rotary(headWidth, set) }
    for (key, name) in [("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding")] {
      let id = try file.int(ByteString("tokenizer.ggml.\(name)_token_id"), default: -1)
      if id >= 0 { set(ByteString(key), .int(id)) }
    }
    for (key, value) in try family.translate(self) { config.set(key, value) }
    return config
  }

  /// The rotary embedding, as `rope_theta`, `partial_rotary_factor` and `rope_scaling`.
  private func rotary(_ headWidth: Int, _ set: (ByteString, JSON) -> Void) throws(HoldfastError) {
    set("rope_theta", .number(try double("rope.freq_base", default: 10000)))
    let turned = try int("rope.dimension_count", default: headWidth)
    if turned != headWidth {
      guard turned > 0, turned < headWidth else {
        throw HoldfastError(.corruptData, "\(file.path): \(turned) of a head's \(headWidth) elements turn")
      }
      // Readers round `headWidth · share` down, so the quotient must not have been.
      var share = Double(turned) / Double(headWidth)
      if Int(Double(headWidth) * share) < turned { share = share.nextUp }
      set("partial_rotary_factor", .number(share))
      set("rotary_pct", .number(share))
    }
    let original = try int("rope.scaling.original_context_length", default: try int("context_length"))
    let frequencies = try factors("rope_freqs.weight")
    if let short = try factors("rope_factors_short.weight") ?? frequencies {
      // Llama 3.1's scaling arrives as the factors it comes to; both sets alike and no attention factor say just that.
      let long = try factors("rope_factors_long.weight") ?? short
      set(
        "rope_scaling",
        [
          "rope_type": "longrope", "short_factor": .array(short.map { .number(Double($0)) }),
          "long_factor": .array(long.map { .number(Double($0)) }),
          "attention_factor": .number(try double("rope.scaling.attn_factor", default: 1)),
          "original_max_position_embeddings": .int(original),
        ])
      return
    }
    let kind = try file.string(key("rope.scaling.type"), default: "none")
    let factor = JSON.number(try double("rope.scaling.factor", default: 1))
    switch kind {
    case "none": break
    case "linear": set("rope_scaling", ["rope_type": "linear", "factor": factor])
    case "yarn":
      set(
        "rope_scaling",
        ["rope_type": "yarn", "factor": factor, "original_max_position_embeddings": .int(original)])
    default:
      throw HoldfastError(
        .unsupported,
        "\(file.path): rotary scaling '\(kind)' is not known; none, linear, yarn and tables of factors are")
    }
  }

  private func factors(_ name: ByteString) throws(HoldfastError) -> [Float]? {
    guard let tensor = try file.optionalTensor(name) else { return nil }
    guard tensor.shape.count == 1, tensor.count <= 1 << 16 else {
      throw HoldfastError(
        .corruptData, "\(file.path): tensor '\(name)' of shape \(tensor.shape) is no row of factors")
    }
    return try tensor.values()
  }
}
