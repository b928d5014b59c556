import HoldfastStorage
import HoldfastTensor

extension Architecture {
  /// GPT-NeoX and Pythia: layer norm, both halves of a block side by side, heads turned in part, biases.
  ///
  /// Source: Black et al., arXiv 2204.06745; transformers `modeling_gpt_neox.py`.
  static let gptNeoX = Architecture(
    name: "gpt_neox", className: "GPTNeoXForCausalLM", gguf: "gptneox",
    modules: [
      .embedding: .init("gpt_neox.embed_in", "token_embd"),
      .attentionNorm: .init("gpt_neox.layers.{i}.input_layernorm", "blk.{i}.attn_norm"),
      .queryKeyValue: .init("gpt_neox.layers.{i}.attention.query_key_value", "blk.{i}.attn_qkv"),
      .attentionOutput: .init("gpt_neox.layers.{i}.attention.dense", "blk.{i}.attn_output"),
      .feedForwardNorm: .init("gpt_neox.layers.{i}.post_attention_layernorm", "blk.{i}.ffn_norm"),
      .up: .init("gpt_neox.layers.{i}.mlp.dense_h_to_4h", "blk.{i}.ffn_up"),
      .down: .init("gpt_neox.layers.{i}.mlp.dense_4h_to_h", "blk.{i}.ffn_down"),
      .finalNorm: .init("gpt_neox.final_layer_norm", "output_norm"),
      .output: .init("embed_out", "output"),
    ],
    keys: ["rms_norm_eps": "layer_norm_eps"],
    huggingFaceLayout: [.queryKeyValue: .headwise],
    configure: { reader, c throws(HoldfastError) in
      c.norm = .layer
      c.normEpsilon = Float(try reader.double("rms_norm_eps", default: 1e-5))
      c.biases = [.norms, .feedForward]
      if try reader.flag("attention_bias", default: true) {
        c.biases.formUnion([.queryKeyValue, .attentionOutput])
      }
      c.gated = false
      c.paddingToken = nil
      c.activation = try reader.activation(default: .gelu)
      c.parallelResidual = try reader.flag("use_parallel_residual", default: true)
      c.rotary = try reader.rotary(
        c, defaultTheta: reader.double("rotary_emb_base", default: 10000),
        defaultShare: reader.double("rotary_pct", default: 0.25))
    },
    translate: { gguf throws(HoldfastError) in
      [
        ("use_parallel_residual", .bool(try gguf.bool("use_parallel_residual", default: true))),
        ("attention_bias", .bool(try gguf.has("blk.0.attn_qkv.bias"))), ("hidden_act", "gelu"),
      ]
    })
}
