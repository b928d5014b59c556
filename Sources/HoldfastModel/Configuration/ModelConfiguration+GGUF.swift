import HoldfastStorage
import HoldfastTensor

extension ModelConfiguration {
  /// Reads the metadata of a GGUF file, checked.
  ///
  /// - Throws: `unsupported` for an unknown architecture or a rotary scaling this build does not have.
  init(_ gguf: GGUFFile) throws(HoldfastError) {
    let architecture = try gguf.string("general.architecture").text
    guard Architecture.named(architecture) != nil else {
      throw HoldfastError(
        .unsupported,
        "\(gguf.path): architecture '\(architecture)' is not known; this build loads \(Architecture.knownNames)"
      )
    }
    func key(_ suffix: String) -> ByteString { ByteString("\(architecture).\(suffix)") }
    let scaling = try gguf.string(key("rope.scaling.type"), default: "none")
    guard scaling == "none", try gguf.optionalTensor("rope_freqs.weight") == nil else {
      throw HoldfastError(
        .unsupported,
        "\(gguf.path): rotary scaling '\(scaling == "none" ? "llama3" : scaling.text)' is not supported; only unscaled "
          + "rotary embeddings are")
    }
    let width = try gguf.int(key("embedding_length"))
    let heads = try gguf.int(key("attention.head_count"))
    guard heads > 0, width > 0 else {
      throw HoldfastError(.corruptData, "\(gguf.path): \(heads) heads and a width of \(width) make no model")
    }
    let vocabulary = try gguf.int(
      key("vocab_size"), default: gguf.strings("tokenizer.ggml.tokens", default: []).count)
    let headWidth = try gguf.int(key("attention.key_length"), default: width / heads)
    guard try gguf.int(key("attention.value_length"), default: headWidth) == headWidth,
      try gguf.int(key("rope.dimension_count"), default: headWidth) == headWidth
    else {
      throw HoldfastError(
        .unsupported,
        "\(gguf.path): keys, values and rotary embedding have different widths; this build needs them equal")
    }
    self.init(
      architecture: architecture, vocabularySize: vocabulary, width: width,
      layers: try gguf.int(key("block_count")), heads: heads,
      kvHeads: try gguf.int(key("attention.head_count_kv"), default: heads), headWidth: headWidth,
      feedForward: try gguf.int(key("feed_forward_length")),
      normEpsilon: Float(try gguf.double(key("attention.layer_norm_rms_epsilon"))),
      ropeTheta: try gguf.double(key("rope.freq_base"), default: 10000),
      contextLength: try gguf.int(key("context_length")),
      tiedEmbeddings: try gguf.optionalTensor("output.weight") == nil)
    try validate(source: gguf.path)
  }
}
