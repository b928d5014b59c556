import HoldfastStorage
import HoldfastTensor

extension Architecture {
  /// Phi-3 and what follows it: Llama with fused projections, on request a window, LongRoPE, or heads turned in part.
  ///
  /// Source: arXiv 2404.14219; transformers `modeling_phi3.py`.
  static let phi3 = Architecture(
    name: "phi3", className: "Phi3ForCausalLM", gguf: "phi3",
    modules: .llama.replacing(
      [
        .queryKeyValue: .init("model.layers.{i}.self_attn.qkv_proj", "blk.{i}.attn_qkv"),
        .gateUp: .init("model.layers.{i}.mlp.gate_up_proj", "blk.{i}.ffn_up"),
      ], without: [.query, .key, .value, .gate, .up]),
    configure: { reader, c throws(HoldfastError) in
      c.normEpsilon = Float(try reader.double("rms_norm_eps", default: 1e-5))
      c.window = try reader.window(default: nil)
      c.windowedLayers = try reader.windowedLayers(c) { _ in true }
    },
    translate: { gguf throws(HoldfastError) in
      let window = try gguf.int("attention.sliding_window", default: 0)
      return [("sliding_window", window > 0 ? .int(window) : .null)]
    })
}
