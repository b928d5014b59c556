import HoldfastStorage
import HoldfastTensor

extension Architecture {
  /// GPT-2: layer norm, learned positions, one fused projection, biases everywhere.
  ///
  /// Source: Radford et al. 2019; transformers `modeling_gpt2.py`, whose files keep matrices inputs first.
  static let gpt2 = Architecture(
    name: "gpt2", className: "GPT2LMHeadModel", gguf: "gpt2",
    modules: [
      .embedding: .init("transformer.wte", "token_embd"),
      .positionEmbedding: .init("transformer.wpe", "position_embd"),
      .attentionNorm: .init("transformer.h.{i}.ln_1", "blk.{i}.attn_norm"),
      .queryKeyValue: .init("transformer.h.{i}.attn.c_attn", "blk.{i}.attn_qkv"),
      .attentionOutput: .init("transformer.h.{i}.attn.c_proj", "blk.{i}.attn_output"),
      .feedForwardNorm: .init("transformer.h.{i}.ln_2", "blk.{i}.ffn_norm"),
      .up: .init("transformer.h.{i}.mlp.c_fc", "blk.{i}.ffn_up"),
      .down: .init("transformer.h.{i}.mlp.c_proj", "blk.{i}.ffn_down"),
      .finalNorm: .init("transformer.ln_f", "output_norm"),
      .output: .init("lm_head", "output"),
    ],
    keys: [
      "hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head",
      "max_position_embeddings": "n_positions", "intermediate_size": "n_inner",
      "hidden_act": "activation_function", "rms_norm_eps": "layer_norm_epsilon",
    ],
    huggingFaceLayout: [
      .queryKeyValue: .transposed, .attentionOutput: .transposed, .up: .transposed, .down: .transposed,
    ],
    prefixes: ["transformer.", ""],
    configure: { reader, c throws(HoldfastError) in
      c.norm = .layer
      c.normEpsilon = Float(try reader.double("rms_norm_eps", default: 1e-5))
      c.biases = [.norms, .queryKeyValue, .attentionOutput, .feedForward]
      c.feedForward = try reader.optionalInt("intermediate_size") ?? 4 * c.width
      c.gated = false
      c.paddingToken = nil
      c.activation = try reader.activation(default: .geluTanh)
      c.tiedEmbeddings = try reader.flag("tie_word_embeddings", default: true)
      for key: ByteString in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
        guard try !reader.flag(key) else {
          throw reader.unsupported("'\(key)' is set, which is not supported")
        }
      }
      if try !reader.flag("scale_attn_weights", default: true) { c.attentionScale = 1 }
    },
    translate: { gguf throws(HoldfastError) in [("activation_function", "gelu_new")] })
}
