import HoldfastStorage
public import HoldfastTensor
import HoldfastText

extension Model {
  /// Loads a model from a GGUF file, a Hugging Face directory, a PEFT adapter directory that names its base model by path,
  /// or a Holdfast checkpoint, told apart by content.
  ///
  /// Weights are mapped, not read, so this is quick whatever the size.
  /// - Throws: `notFound`, `unsupported`, `corruptData` or `newerVersion`, naming file and place.
  public static func load(_ path: String) throws(HoldfastError) -> Model {
    guard FileSystem.exists(path) else {
      throw HoldfastError(
        .notFound,
        "\(path): there is no such file; a model is a GGUF file, a Hugging Face directory or a Holdfast .h5 file"
      )
    }
    if FileSystem.isDirectory(path) {
      return try isAdapter(path) ? loadAdapter(path) : loadHuggingFace(path)
    }
    let magic = try MappedFile(path: path).withBytes { Array($0.prefix(8)) }
    if magic.starts(with: "GGUF".utf8) { return try loadGGUF(path) }
    if magic.elementsEqual([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
      return try loadCheckpoint(path)
    }
    throw HoldfastError(
      .unsupported,
      "\(path): this is neither a GGUF file nor an HDF5 file; a model is a GGUF file, a Hugging Face directory (give the "
        + "directory, not a file in it) or a Holdfast .h5 file")
  }

  private static func loadGGUF(_ path: String) throws(HoldfastError) -> Model {
    let gguf = try GGUFFile(path: path)
    let configuration = try ModelConfiguration(
      huggingFace: JSONNode(try GGUFConfiguration(gguf).huggingFace(), document: path))
    var stored: [ByteString: StoredTensor] = [:]
    for tensor in gguf.tensors { stored[tensor.name] = tensor }
    let weights = try Weights(configuration, source: path, layouts: { $0.ggufLayout }) { stored[$0.gguf] }
    return Model(
      weights: weights, parameters: nil, tokenizer: try Tokenizer(gguf: gguf),
      provenance: Provenance(path: path, format: "gguf", files: gguf.files))
  }

  private static func loadHuggingFace(_ directory: String) throws(HoldfastError) -> Model {
    let path = "\(directory)/config.json"
    guard FileSystem.exists(path) else {
      throw HoldfastError(
        .notFound,
        "\(directory): there is no config.json; a Hugging Face model directory has one beside its safetensors"
      )
    }
    let configuration = try ModelConfiguration(huggingFace: JSONNode(try JSON.read(path), document: path))
    let shards = try ShardedSafetensors(directory: directory)
    var stored: [ByteString: StoredTensor] = [:]
    for tensor in shards.tensors { stored[tensor.name] = tensor }
    let weights = try Weights(configuration, source: directory, layouts: { $0.huggingFaceLayout }) { slot in
      let family = Architecture.named(configuration.architecture)
      var names = family?.aliases(slot.name) ?? [slot.name]
      if slot.key.module == .embedding, configuration.tiedEmbeddings, let output = family?.modules[.output] {
        // Tied weights are one tensor, whichever name it was saved under.
        names += family?.aliases(ByteString(output.huggingFace + ".weight")) ?? []
      }
      return names.lazy.compactMap { stored[$0] }.first
    }
    return Model(
      weights: weights, parameters: nil, tokenizer: try Tokenizer(huggingFaceDirectory: directory),
      provenance: Provenance(path: directory, format: "hugging-face", files: shards.files.map(\.file)))
  }
}
