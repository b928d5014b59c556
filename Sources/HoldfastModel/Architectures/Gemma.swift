import HoldfastStorage
import HoldfastTensor

extension Architecture {
  /// Gemma 2: norms before and after each half of a block, capped logits, a window in every other block.
  ///
  /// Source: arXiv 2408.00118; transformers `modeling_gemma2.py`.
  static let gemma2 = Architecture(
    name: "gemma2", className: "Gemma2ForCausalLM", gguf: "gemma2", modules: .gemma,
    keys: ["hidden_act": "hidden_activation"], ggufLayout: .gemma,
    configure: { reader, c throws(HoldfastError) in
      try reader.gemma(&c)
      c.attentionSoftcap = try reader.softcap("attn_logit_softcapping", default: 50)
      c.logitSoftcap = try reader.softcap("final_logit_softcapping", default: 30)
      c.windowedLayers = try reader.windowedLayers(c) { $0 % 2 == 0 }
    },
    translate: { gguf throws(HoldfastError) in
      [
        ("query_pre_attn_scalar", .int(try gguf.queryScalar(largest: 46))),
        ("attn_logit_softcapping", .number(try gguf.double("attn_logit_softcapping", default: 50))),
        ("final_logit_softcapping", .number(try gguf.double("final_logit_softcapping", default: 30))),
        ("sliding_window", .int(try gguf.int("attention.sliding_window", default: 4096))),
        ("hidden_activation", "gelu_pytorch_tanh"),
      ]
    })

  /// Gemma 3, text: Gemma 2 without caps, with norms on queries and keys, and one global block after five local ones
  /// whose rotary embedding has a base of its own.
  ///
  /// Source: arXiv 2503.19786; transformers `modeling_gemma3.py`.
  static let gemma3 = Architecture(
    name: "gemma3_text", className: "Gemma3ForCausalLM", gguf: "gemma3",
    modules: .gemma.replacing(.queryKeyNorms),
    // Nested configurations, such as that of Gemma 3 4B, hold only what differs from these.
    defaults: [
      ("vocab_size", 262_208), ("hidden_size", 2304), ("intermediate_size", 9216), ("num_hidden_layers", 26),
      ("num_attention_heads", 8), ("num_key_value_heads", 4), ("max_position_embeddings", 131_072),
    ],
    keys: ["hidden_act": "hidden_activation"],
    ggufLayout: [TensorLayout].gemmaNorms([.queryNorm, .keyNorm]),
    prefixes: ["model.", "language_model.model.", "model.language_model."],
    configure: { reader, c throws(HoldfastError) in
      try reader.gemma(&c)
      guard try !reader.flag("use_bidirectional_attention") else {
        throw reader.unsupported("'use_bidirectional_attention' is set; only causal attention is supported")
      }
      c.queryKeyNorm = .perHead
      if try reader.flag("attention_bias") { c.biases = [.queryKeyValue, .attentionOutput] }
      c.attentionSoftcap = try reader.softcap("attn_logit_softcapping", default: nil)
      c.logitSoftcap = try reader.softcap("final_logit_softcapping", default: nil)
      let pattern = try reader.int("sliding_window_pattern", default: 6)
      guard pattern > 0 else {
        throw reader.unsupported("a sliding window pattern of \(pattern) makes no sense")
      }
      c.windowedLayers = try reader.windowedLayers(c) { ($0 + 1) % pattern != 0 }
      c.rotary = try reader.rotary(c, layerType: "full_attention", defaultTheta: 1_000_000)
      c.localRotary = try reader.localRotary(c)
    },
    translate: { gguf throws(HoldfastError) in
      // A file without a window is of a model whose layers are all global.
      let period = gguf.hasKey("attention.sliding_window") ? 6 : 1
      var members: [(key: ByteString, value: JSON)] = [
        ("query_pre_attn_scalar", .int(try gguf.queryScalar(largest: 62))),
        ("sliding_window", .int(try gguf.int("attention.sliding_window", default: 4096))),
        ("sliding_window_pattern", .int(try gguf.int("attention.sliding_window_pattern", default: period))),
        ("rope_local_base_freq", .number(try gguf.double("rope.freq_base_swa", default: 10000))),
        ("hidden_activation", "gelu_pytorch_tanh"),
      ]
      if gguf.hasKey("final_logit_softcapping") {
        members.append(("final_logit_softcapping", .number(try gguf.double("final_logit_softcapping"))))
      }
      return members
    })
}

extension ConfigurationReader {
  /// What all of Gemma share.
  fileprivate func gemma(_ c: inout ModelConfiguration) throws(HoldfastError) {
    c.norm = .rms(offset: 1)
    c.headWidth = try int("head_dim", default: 256)
    c.activation = try activation(default: .geluTanh)
    c.embeddingScale = Float(c.width).squareRoot()
    c.tiedEmbeddings = try flag("tie_word_embeddings", default: true)
    let scalar = try double("query_pre_attn_scalar", default: 256)
    guard scalar > 0 else { throw unsupported("a query_pre_attn_scalar of \(scalar) makes no sense") }
    c.attentionScale = Float(1 / scalar.squareRoot())
    c.window = try window(default: 4096)
  }

  /// A cap on logits; `null` means none.
  fileprivate func softcap(_ key: ByteString, default fallback: Float?) throws(HoldfastError) -> Float? {
    guard has(key) else { return fallback }
    guard let cap = try optionalDouble(key) else { return nil }
    guard cap > 0 else { throw unsupported("'\(key)' is \(cap); a cap must be positive") }
    return Float(cap)
  }
}

extension GGUFConfiguration {
  /// What divides queries under the root: the head width, except in the largest model of the family, which has that many
  /// blocks and takes the width over the heads.
  fileprivate func queryScalar(largest blocks: Int) throws(HoldfastError) -> Int {
    guard try int("block_count") == blocks else { return try headWidth() }
    return try int("embedding_length") / max(1, try int("attention.head_count"))
  }
}

extension [Module: Architecture.Name] {
  fileprivate static let gemma = Self.llama.replacing([
    .attentionPostNorm: .init("model.layers.{i}.post_attention_layernorm", "blk.{i}.post_attention_norm"),
    .feedForwardNorm: .init("model.layers.{i}.pre_feedforward_layernorm", "blk.{i}.ffn_norm"),
    .feedForwardPostNorm: .init("model.layers.{i}.post_feedforward_layernorm", "blk.{i}.post_ffw_norm"),
  ])
}

extension [Module: TensorLayout] {
  fileprivate static let gemma: Self = [TensorLayout].gemmaNorms([])
}

extension [TensorLayout] {
  /// GGUF keeps every norm of Gemma with one added.
  fileprivate static func gemmaNorms(_ more: [Module]) -> [Module: TensorLayout] {
    let norms: [Module] = [
      .attentionNorm, .attentionPostNorm, .feedForwardNorm, .feedForwardPostNorm, .finalNorm,
    ]
    return Dictionary(uniqueKeysWithValues: (norms + more).map { ($0, .plusOne) })
  }
}
