public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

extension Model {
  /// Writes the model, overlay included and adapter merged, as a directory that Hugging Face transformers opens and that answers with the
  /// same logits.
  ///
  /// Holds `config.json`, `model.safetensors` (or shards and their index) and the tokenizer with its chat template. The
  /// files of a tokenizer that came from a Hugging Face directory are copied; others are written from what was read. In
  /// float32 nothing is lost; 16 bits are rounded to the nearest, ties to even. The directory appears as a whole or not
  /// at all.
  ///
  /// - Parameters:
  ///   - directory: a new one, or an empty one; those above it are made.
  ///   - shardBytes: the most a weight file may hold, unless one tensor is larger.
  ///   - progress: counts tensors and may cancel, which leaves no directory.
  /// - Throws: `invalidArgument` when the directory is not empty, `numerical` for a value beyond the precision's range,
  ///   `io` when the disk has no room.
  public func exportHuggingFace(
    to directory: String, precision: FloatPrecision = .float32, shardBytes: Int = 5_000_000_000,
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) {
    try requireNoInterventions("exported")
    try AtomicDirectory.check(directory)
    try AtomicDirectory.write(to: directory) { temporary throws(HoldfastError) in
      try FileSystem.requireSpace(byteCount(precision), for: temporary)
      let config = huggingFaceConfiguration(precision).serialized(pretty: true)
      try AtomicFile.write(config, to: "\(temporary)/config.json")
      for file in try tokenizerFiles() { try AtomicFile.write(file.bytes, to: "\(temporary)/\(file.name)") }
      try ShardedSafetensors.write(
        directory: temporary, tensors: outputs(precision, progress), shardBytes: shardBytes,
        metadata: [("format", "pt")])
    }
  }

  /// The configuration as read, with the class that opens it and the type of the weights.
  private func huggingFaceConfiguration(_ precision: FloatPrecision) -> JSON {
    var config = configuration.huggingFace
    config.set("architectures", [.text(weights.architecture.className)])
    config.set("tie_word_embeddings", .bool(configuration.tiedEmbeddings))
    if config["dtype"] != nil { config.set("dtype", .text(precision.rawValue)) }
    config.set("torch_dtype", .text(precision.rawValue))
    guard case .object(let members) = config else { return config }
    // The weights are written out in full, whatever they were stored as.
    return .object(members.filter { $0.key != "quantization_config" })
  }

  private func outputs(_ precision: FloatPrecision, _ progress: ProgressHandler?) -> [SafetensorsFile.Output]
  {
    let layouts = weights.architecture.huggingFaceLayout
    return weights.slots.enumerated().map { index, slot in
      let layout = layouts[slot.key.module] ?? .natural
      let shape = layout == .transposed ? slot.shape.reversed() : slot.shape
      return SafetensorsFile.Output(name: slot.name, shape: shape, precision: precision) {
        [self] put throws(HoldfastError) in
        let tensor = try layout.file(
          materialized(slot, for: precision), headWidth: configuration.headWidth, heads: configuration.heads)
        try put(UnsafeBufferPointer(start: UnsafePointer(tensor.pointer), count: tensor.count))
        withExtendedLifetime(tensor) {}
        try Progress(stage: "export", done: index + 1, total: weights.slots.count, unit: "tensors").report(
          to: progress)
      }
    }
  }

  /// The files a tokenizer may consist of in a Hugging Face directory, and what generation takes from there.
  private static let tokenizerFileNames = [
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json", "merges.txt", "chat_template.jinja", "generation_config.json",
  ]

  private func tokenizerFiles() throws(HoldfastError) -> [(name: String, bytes: [UInt8])] {
    guard provenance.format == "hugging-face", FileSystem.isDirectory(provenance.path) else {
      return try tokenizer.huggingFaceFiles(
        contextLength: configuration.contextLength, paddingToken: paddingToken)
    }
    var files: [(name: String, bytes: [UInt8])] = []
    for name in Self.tokenizerFileNames where FileSystem.exists("\(provenance.path)/\(name)") {
      files.append((name, try MappedFile(path: "\(provenance.path)/\(name)").withBytes { Array($0) }))
    }
    return files
  }

  private var paddingToken: Int32? {
    configuration.huggingFace["pad_token_id"]?.intValue.flatMap { Int32(exactly: $0) }
  }
}
