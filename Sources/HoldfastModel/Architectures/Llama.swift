import HoldfastStorage
import HoldfastTensor

extension Architecture {
  /// Llama 2 and 3 and what follows them: RMS norm, rotary embedding, grouped queries, SwiGLU.
  ///
  /// Source: Touvron et al., arXiv 2307.09288; transformers `modeling_llama.py`.
  static let llama = Architecture(
    name: "llama", className: "LlamaForCausalLM", gguf: "llama", modules: .llama,
    ggufLayout: [.query: .interleavedPairs, .key: .interleavedPairs],
    configure: { reader, c throws(HoldfastError) in
      if try reader.flag("attention_bias") { c.biases.formUnion([.queryKeyValue, .attentionOutput]) }
      if try reader.flag("mlp_bias") { c.biases.insert(.feedForward) }
    },
    translate: { gguf throws(HoldfastError) in
      [
        ("attention_bias", .bool(try gguf.has("blk.0.attn_q.bias"))),
        ("mlp_bias", .bool(try gguf.has("blk.0.ffn_up.bias"))),
      ]
    })

  /// Mistral: Llama with a sliding window in every block.
  ///
  /// Source: Jiang et al., arXiv 2310.06825; transformers `modeling_mistral.py`.
  static let mistral = Architecture(
    name: "mistral", className: "MistralForCausalLM", gguf: nil, modules: .llama,
    ggufLayout: [.query: .interleavedPairs, .key: .interleavedPairs],
    configure: { reader, c throws(HoldfastError) in
      c.window = try reader.window(default: 4096)
      c.windowedLayers = try reader.windowedLayers(c) { _ in true }
    },
    translate: { gguf throws(HoldfastError) in
      [("sliding_window", .int(try gguf.int("attention.sliding_window")))]
    })
}

extension [Module: Architecture.Name] {
  /// The names that Llama gave and many others kept.
  static let llama: Self = [
    .embedding: .init("model.embed_tokens", "token_embd"),
    .attentionNorm: .init("model.layers.{i}.input_layernorm", "blk.{i}.attn_norm"),
    .query: .init("model.layers.{i}.self_attn.q_proj", "blk.{i}.attn_q"),
    .key: .init("model.layers.{i}.self_attn.k_proj", "blk.{i}.attn_k"),
    .value: .init("model.layers.{i}.self_attn.v_proj", "blk.{i}.attn_v"),
    .attentionOutput: .init("model.layers.{i}.self_attn.o_proj", "blk.{i}.attn_output"),
    .feedForwardNorm: .init("model.layers.{i}.post_attention_layernorm", "blk.{i}.ffn_norm"),
    .gate: .init("model.layers.{i}.mlp.gate_proj", "blk.{i}.ffn_gate"),
    .up: .init("model.layers.{i}.mlp.up_proj", "blk.{i}.ffn_up"),
    .down: .init("model.layers.{i}.mlp.down_proj", "blk.{i}.ffn_down"),
    .finalNorm: .init("model.norm", "output_norm"),
    .output: .init("lm_head", "output"),
  ]

  /// Norms of each head's queries and keys.
  static let queryKeyNorms: Self = [
    .queryNorm: .init("model.layers.{i}.self_attn.q_norm", "blk.{i}.attn_q_norm"),
    .keyNorm: .init("model.layers.{i}.self_attn.k_norm", "blk.{i}.attn_k_norm"),
  ]

  /// These names, others in their place or beside them, and some left out.
  func replacing(_ others: Self, without removed: [Module] = []) -> Self {
    merging(others) { _, new in new }.filter { !removed.contains($0.key) }
  }
}
