public import HoldfastTensor

/// A safetensors file: a JSON header and mapped tensors.
///
/// Source: https://github.com/huggingface/safetensors (README, "Format")
public final class SafetensorsFile: Sendable {
  /// The mapped file.
  public let file: MappedFile
  /// The strings under `__metadata__`.
  public let metadata: [ByteString: ByteString]
  /// The tensors in the order of their data, whether or not their type can be read.
  public let tensors: [StoredTensor]
  private let places: [ByteString: Int]

  /// The path the file was opened with.
  public var path: String { file.path }

  /// The longest header that is accepted, 100 MB, as in the reference implementation.
  static let maximumHeader = 100_000_000

  /// Opens and checks a file; no tensor is read.
  ///
  /// Throws `corruptData` when the header is malformed, two tensors share a name, or the data is not exactly the
  /// tensors one behind the other; `unsupported` for an unknown type.
  public init(path: String) throws(HoldfastError) {
    let file = try MappedFile(path: path)
    self.file = file
    let (header, start) = try Self.header(of: file)
    var metadata: [ByteString: ByteString] = [:]
    var entries: [(tensor: StoredTensor, begin: Int, end: Int)] = []
    for (name, node) in try header.members() {
      if name == "__metadata__" {
        for (key, value) in try node.members() { metadata[key] = try value.string() }
      } else {
        entries.append(try Self.entry(name, node, file: file, start: start))
      }
    }
    entries.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var expected = 0
    var places: [ByteString: Int] = [:]
    for (i, entry) in entries.enumerated() {
      let name = entry.tensor.name
      guard entry.begin == expected else {
        throw HoldfastError(
          .corruptData,
          "\(path): the data of tensor '\(name)' begins at \(entry.begin), and should at \(expected): "
            + "there must be no gaps and no overlaps")
      }
      expected = entry.end
      guard places.updateValue(i, forKey: name) == nil else {
        throw HoldfastError(.corruptData, "\(path): two tensors are called '\(name)'")
      }
    }
    guard expected == file.count - start else {
      throw HoldfastError(
        .corruptData,
        "\(path): the tensors take \(expected) bytes, but \(file.count - start) follow the header")
    }
    self.metadata = metadata
    self.places = places
    tensors = entries.map(\.tensor)
  }

  private static func header(of file: MappedFile) throws(HoldfastError) -> (JSONNode, start: Int) {
    var cursor = ByteCursor(file.bytes, name: file.path)
    let length = try cursor.readCount("the length of the header", minimumSize: 1)
    guard length <= maximumHeader else {
      throw cursor.corrupt("a header of \(length) bytes is longer than the limit of \(maximumHeader)", at: 0)
    }
    let json = try JSON.parse(try cursor.readBytes(length, "the header"), name: "\(file.path), header")
    return (JSONNode(json, document: "\(file.path), header"), cursor.offset)
  }

  private static func entry(
    _ name: ByteString, _ node: JSONNode, file: MappedFile, start: Int
  ) throws(HoldfastError) -> (tensor: StoredTensor, begin: Int, end: Int) {
    let typeName = try node.member("dtype").string()
    guard let type = StorageType.safetensors(typeName) else {
      throw HoldfastError(
        .unsupported,
        "\(file.path): tensor '\(name)' has the type '\(typeName)', which is not known; "
          + "save it as one of F32, F16 and BF16")
    }
    var shape: [Int] = []
    for axis in try node.member("shape").elements() { shape.append(try axis.int(in: 0...Int.max)) }
    let offsets = try node.member("data_offsets").elements()
    guard offsets.count == 2 else { throw try node.member("data_offsets").mismatch("two integers") }
    let begin = try offsets[0].int(in: 0...(file.count - start))
    let end = try offsets[1].int(in: begin...(file.count - start))
    let tensor = try StoredTensor(name: name, shape: shape, type: type, file: file, offset: start + begin)
    guard tensor.byteCount == end - begin else {
      throw node.wrong(
        "has \(end - begin) bytes of data, but its shape \(shape) of \(type) needs \(tensor.byteCount)")
    }
    return (tensor, begin, end)
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
