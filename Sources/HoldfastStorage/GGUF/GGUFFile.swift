public import HoldfastTensor

/// A model in the GGUF format, versions 2 and 3, little-endian: metadata and mapped tensors, from one file or the parts of
/// a split one.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
public final class GGUFFile: Sendable {
  /// The path the model was opened with.
  public let path: String
  /// The mapped files: one, or the parts of a split model in their order.
  public let files: [MappedFile]
  /// The version of the format, 2 or 3; of the first part.
  public let version: Int
  /// The metadata by key; of the first part, which has the model's.
  public let metadata: [ByteString: GGUFValue]
  /// The keys in the order of the file.
  public let keys: [ByteString]
  /// The tensors in the order of the files, whether or not their type can be read.
  public let tensors: [StoredTensor]
  private let places: [ByteString: Int]

  /// Opens and checks a file, and with any part of a split model all others; no tensor is read.
  ///
  /// Throws `corruptData` naming the byte for anything that is not as the format demands, `unsupported` for another
  /// version, a big-endian file or an unknown tensor type, and `notFound` for a part that is missing.
  public init(path: String) throws(HoldfastError) {
    let parts = try GGUFShard(path: path).parts()
    self.path = path
    files = parts.map(\.file)
    version = parts[0].version
    (keys, metadata) = (parts[0].keys, parts[0].metadata)
    tensors = parts.flatMap(\.tensors)
    var places: [ByteString: Int] = [:]
    for (i, tensor) in tensors.enumerated() {
      guard places.updateValue(i, forKey: tensor.name) == nil else {
        throw HoldfastError(.corruptData, "\(tensor.file.path): two tensors are called '\(tensor.name)'")
      }
    }
    self.places = places
  }

  /// The tensor with this name; throws `notFound`, or `unsupported` when its type cannot be read.
  public func tensor(_ name: ByteString) throws(HoldfastError) -> StoredTensor {
    guard let tensor = try optionalTensor(name) else {
      throw HoldfastError(.notFound, "\(path): there is no tensor '\(name)'")
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
