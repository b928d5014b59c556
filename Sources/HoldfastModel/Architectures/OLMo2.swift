import HoldfastTensor

extension Architecture {
  /// OLMo 2: norms after each half of a block only, and on all queries and keys of a token together.
  ///
  /// Source: arXiv 2501.00656; transformers `modeling_olmo2.py`.
  static let olmo2 = Architecture(
    name: "olmo2", className: "Olmo2ForCausalLM", gguf: "olmo2",
    modules: .llama.replacing(.queryKeyNorms).replacing(
      [
        .attentionPostNorm: .init("model.layers.{i}.post_attention_layernorm", "blk.{i}.post_attention_norm"),
        .feedForwardPostNorm: .init("model.layers.{i}.post_feedforward_layernorm", "blk.{i}.post_ffw_norm"),
      ], without: [.attentionNorm, .feedForwardNorm]),
    configure: { reader, c throws(HoldfastError) in
      c.queryKeyNorm = .acrossHeads
      c.normEpsilon = Float(try reader.double("rms_norm_eps", default: 1e-5))
      if try reader.flag("attention_bias") { c.biases = [.queryKeyValue, .attentionOutput] }
    })
}
