public import HoldfastTensor

/// A GGUF file, versions 2 and 3, little-endian: metadata and mapped tensors.
///
/// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
public final class GGUFFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  /// The version of the format, 2 or 3.
  public let version: Int
  /// The metadata by key.
  public let metadata: [ByteString: GGUFValue]
  /// The keys in the order of the file.
  public let keys: [ByteString]
  /// The tensors in the order of the file, whether or not their type can be read.
  public let tensors: [StoredTensor]
  private let places: [ByteString: Int]

  /// The path the file was opened with.
  public var path: String { file.path }

  /// Opens and checks a file; no tensor is read.
  ///
  /// Throws `corruptData` naming the byte for anything that is not as the format demands, `unsupported` for another
  /// version, a big-endian file or an unknown tensor type.
  public init(path: String) throws(HoldfastError) {
    file = try MappedFile(path: path)
    var reader = GGUFReader(file: file)
    let header = try reader.header()
    version = header.version
    (keys, metadata) = try reader.metadata(count: header.metadataCount)
    let alignment = try reader.alignment(metadata)
    tensors = try reader.tensors(count: header.tensorCount, alignment: alignment)
    var places: [ByteString: Int] = [:]
    for (i, tensor) in tensors.enumerated() {
      guard places.updateValue(i, forKey: tensor.name) == nil else {
        throw HoldfastError(.corruptData, "\(path): two tensors are called '\(tensor.name)'")
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
