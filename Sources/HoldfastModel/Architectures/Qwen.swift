import HoldfastTensor

extension Architecture {
  /// Qwen 2 and 2.5: Llama with biases on queries, keys and values, and on request a window in the later blocks.
  ///
  /// Source: arXiv 2407.10671; transformers `modeling_qwen2.py`.
  static let qwen2 = Architecture(
    name: "qwen2", className: "Qwen2ForCausalLM", gguf: "qwen2", modules: .llama,
    configure: { reader, c throws(HoldfastError) in
      c.biases = .queryKeyValue
      try reader.qwenWindow(&c)
    })

  /// Qwen 3: Llama with a norm on each head's queries and keys.
  ///
  /// Source: arXiv 2505.09388; transformers `modeling_qwen3.py`.
  static let qwen3 = Architecture(
    name: "qwen3", className: "Qwen3ForCausalLM", gguf: "qwen3", modules: .llama.replacing(.queryKeyNorms),
    configure: { reader, c throws(HoldfastError) in
      c.queryKeyNorm = .perHead
      c.headWidth = try reader.int("head_dim", default: 128)
      if try reader.flag("attention_bias") { c.biases = [.queryKeyValue, .attentionOutput] }
      try reader.qwenWindow(&c)
    })
}

extension ConfigurationReader {
  /// The window of Qwen's later blocks, which counts only with `use_sliding_window`.
  fileprivate func qwenWindow(_ c: inout ModelConfiguration) throws(HoldfastError) {
    guard try flag("use_sliding_window") else { return }
    let first = try int("max_window_layers", default: 28)
    c.window = try window(default: 4096)
    c.windowedLayers = try windowedLayers(c) { $0 >= first }
  }
}
