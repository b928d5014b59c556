extension Inspection {
  /// A GGUF file, or a split one with all its parts: metadata (long arrays by their length) and tensors.
  static func gguf(_ path: String) throws(HoldfastError) -> JSON {
    let file = try GGUFFile(path: path)
    var metadata: [(key: ByteString, value: JSON)] = []
    for key in file.keys {
      if let value = file.metadata[key] { metadata.append((key, brief(value))) }
    }
    return [
      "path": .text(path), "format": "gguf", "version": .int(file.version),
      "bytes": .int(file.files.reduce(0) { $0 &+ $1.count }),
      "files": .array(file.files.map { .text(FileSystem.name(of: $0.path)) }),
      "metadata": .object(metadata), "tensors": list(of: file.tensors),
    ]
  }

  /// A safetensors file: metadata and tensors.
  static func safetensors(_ path: String) throws(HoldfastError) -> JSON {
    let file = try SafetensorsFile(path: path)
    let metadata = file.metadata.sorted { $0.key < $1.key }.map {
      (key: $0.key, value: JSON.string($0.value))
    }
    return [
      "path": .text(path), "format": "safetensors", "bytes": .int(file.file.count),
      "metadata": .object(metadata),
      "tensors": list(of: file.tensors),
    ]
  }

  /// A Hugging Face directory: its configuration and the tensors of all shards.
  static func directory(_ path: String) throws(HoldfastError) -> JSON {
    let configuration = "\(path)/config.json"
    guard FileSystem.exists(configuration) else {
      throw HoldfastError(
        .unsupported,
        "\(path) is a directory without config.json; a Hugging Face model has one beside its weights")
    }
    let weights = try ShardedSafetensors(directory: path)
    return [
      "path": .text(path), "format": "hugging-face", "configuration": try JSON.read(configuration),
      "files": .array(weights.files.map { .text(FileSystem.name(of: $0.path)) }),
      "tensors": list(of: weights.tensors),
    ]
  }

  /// The elements in all and each tensor's name, type and shape.
  private static func list(of tensors: [StoredTensor]) -> JSON {
    let rows = tensors.map { tensor -> JSON in
      [
        "name": .string(tensor.name), "type": .text(tensor.type.name),
        "shape": .array(tensor.shape.map { .int($0) }),
      ]
    }
    return [
      "count": .int(tensors.count), "elements": .int(tensors.reduce(0) { $0 &+ $1.count }),
      "bytes": .int(tensors.reduce(0) { $0 &+ $1.byteCount }), "list": .array(rows),
    ]
  }

  /// A metadata value; arrays of more than 16 elements are told by their length.
  private static func brief(_ value: GGUFValue) -> JSON {
    switch value {
    case .integer(let value): .integer(value)
    case .unsigned(let value): .text(String(value))
    case .number(let value): .number(value)
    case .bool(let value): .bool(value)
    case .string(let value): .string(value)
    case .integers(let values): list(values.count) { .integer(values[$0]) }
    case .numbers(let values): list(values.count) { .number(values[$0]) }
    case .strings(let values): list(values.count) { .string(values[$0]) }
    case .array(let values): list(values.count) { brief(values[$0]) }
    }
  }

  private static func list(_ count: Int, _ element: (Int) -> JSON) -> JSON {
    count <= 16 ? .array((0..<count).map(element)) : .text("\(count) elements")
  }
}
