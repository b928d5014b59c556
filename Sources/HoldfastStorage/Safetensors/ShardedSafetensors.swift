public import HoldfastTensor

/// The weights of a Hugging Face directory: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` names.
public final class ShardedSafetensors: Sendable {
  /// The files, in the order of their names.
  public let files: [SafetensorsFile]
  /// All tensors, file by file.
  public let tensors: [StoredTensor]
  /// The directory.
  public let directory: String
  private let places: [ByteString: Int]

  /// Opens the weights in a directory.
  ///
  /// Throws `notFound` when it has neither file or a shard is missing, `corruptData` when the index names a file
  /// outside the directory or a tensor is not in the shard that should hold it.
  public init(directory: String) throws(HoldfastError) {
    self.directory = directory
    let single = "\(directory)/model.safetensors"
    let index = "\(directory)/model.safetensors.index.json"
    var owners: [ByteString: ByteString] = [:]
    if FileSystem.exists(single) {
      files = [try SafetensorsFile(path: single)]
    } else if FileSystem.exists(index) {
      owners = try Self.weightMap(index)
      var files: [SafetensorsFile] = []
      for name in Set(owners.values).sorted() {
        files.append(try SafetensorsFile(path: "\(directory)/\(name)"))
      }
      self.files = files
    } else {
      throw HoldfastError(
        .notFound, "\(directory): there is neither model.safetensors nor model.safetensors.index.json")
    }
    tensors = files.flatMap(\.tensors)
    var places: [ByteString: Int] = [:]
    for (i, tensor) in tensors.enumerated() {
      guard places.updateValue(i, forKey: tensor.name) == nil else {
        throw HoldfastError(.corruptData, "\(directory): tensor '\(tensor.name)' is in two shards")
      }
    }
    self.places = places
    for (name, owner) in owners {
      guard let place = places[name], tensors[place].file.path == "\(directory)/\(owner)" else {
        throw HoldfastError(
          .corruptData, "\(index): tensor '\(name)' is not in '\(owner)', where the index puts it")
      }
    }
  }

  private static func weightMap(_ path: String) throws(HoldfastError) -> [ByteString: ByteString] {
    let root = JSONNode(try JSON.read(path), document: path)
    var owners: [ByteString: ByteString] = [:]
    for (name, node) in try root.member("weight_map").members() {
      let file = try node.string()
      guard !file.isEmpty, file != ".", file != "..", !file.bytes.contains(where: { $0 == 0x2F || $0 == 0 })
      else {
        throw node.wrong("must be the plain name of a file beside the index, and is '\(file)'")
      }
      owners[name] = file
    }
    return owners
  }

  /// The tensor with this name; throws `notFound`, or `unsupported` when its type cannot be read.
  public func tensor(_ name: ByteString) throws(HoldfastError) -> StoredTensor {
    guard let tensor = try optionalTensor(name) else {
      throw HoldfastError(.notFound, "\(directory): the weights have no tensor '\(name)'")
    }
    return tensor
  }

  /// The tensor with this name, or `nil`; throws `unsupported` when its type cannot be read.
  public func optionalTensor(_ name: ByteString) throws(HoldfastError) -> StoredTensor? {
    guard let place = places[name] else { return nil }
    try tensors[place].checkReadable()
    return tensors[place]
  }
}
