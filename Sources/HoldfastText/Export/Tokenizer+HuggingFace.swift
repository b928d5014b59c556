import HoldfastStorage
public import HoldfastTensor

extension Tokenizer {
  /// The files that make this tokenizer in a Hugging Face directory: `tokenizer.json`, `tokenizer_config.json` and, where
  /// there is a chat template, `chat_template.jinja`.
  ///
  /// Merging by scores becomes a list of merges, as transformers writes it. A unigram model made of SentencePiece's pieces
  /// finds their byte pieces where a text spells them out (`<0x41>`), as all such models in `tokenizer.json` do.
  ///
  /// - Parameters:
  ///   - contextLength: the longest text the model takes, in tokens.
  ///   - paddingToken: the id that fills short texts up, if the model has one.
  /// - Throws: `unsupported`, naming the part, for what `tokenizer.json` cannot say.
  public func huggingFaceFiles(
    contextLength: Int, paddingToken: Int32? = nil
  ) throws(HoldfastError) -> [(name: String, bytes: [UInt8])] {
    var files = [
      (name: "tokenizer.json", bytes: try definition.huggingFace().serialized(pretty: true)),
      (
        name: "tokenizer_config.json",
        bytes: definition.huggingFaceConfiguration(contextLength, paddingToken).serialized(pretty: true)
      ),
    ]
    if let chatTemplate { files.append((name: "chat_template.jinja", bytes: Array(chatTemplate.utf8))) }
    return files
  }
}

extension TokenizerDefinition {
  /// The content of `tokenizer_config.json`.
  fileprivate func huggingFaceConfiguration(_ contextLength: Int, _ paddingToken: Int32?) -> JSON {
    var config: JSON = [
      "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
      "model_max_length": .int(contextLength),
    ]
    func set(_ key: ByteString, _ id: Int32?) {
      if let id, tokens.indices.contains(Int(id)) { config.set(key, .string(written(id))) }
    }
    set("bos_token", bosToken)
    set("eos_token", eosToken)
    set("unk_token", unknown)
    set("pad_token", paddingToken)
    // What else is put around a text only the post-processor can say.
    let (begin, end) = (bosToken.map { [$0] } ?? [], eosToken.map { [$0] } ?? [])
    if prefix.isEmpty || prefix == begin, suffix.isEmpty || suffix == end {
      config.set("add_bos_token", .bool(!prefix.isEmpty))
      config.set("add_eos_token", .bool(!suffix.isEmpty))
    }
    return config
  }
}
