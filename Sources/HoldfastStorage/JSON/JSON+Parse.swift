public import HoldfastTensor

extension JSON {
  /// What a document may be at most.
  public struct Limits: Sendable {
    /// How deep arrays and objects may nest.
    public var depth = 256
    /// How many bytes a document may have.
    public var byteCount = 1 << 30
    /// Makes the usual limits: 256 levels, 1 GiB.
    public init() {}
  }

  /// Reads one document; a byte order mark before it is passed over.
  ///
  /// Throws `corruptData` that names `name` and the byte when the bytes are not JSON (RFC 8259), not UTF-8, or too
  /// deep. `NaN` and `Infinity` are not JSON.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, name: String, limits: Limits = Limits()
  ) throws(HoldfastError) -> JSON {
    guard bytes.count <= limits.byteCount else {
      throw HoldfastError(
        .corruptData, "\(name): \(bytes.count) bytes of JSON are more than the limit of \(limits.byteCount)")
    }
    var parser = JSONParser(bytes: bytes, name: name, depthLimit: limits.depth)
    return try parser.document()
  }

  /// Reads one document from an array of bytes.
  public static func parse(
    _ bytes: [UInt8], name: String, limits: Limits = Limits()
  ) throws(HoldfastError) -> JSON {
    try bytes.withUnsafeBufferPointer { buffer throws(HoldfastError) in
      try parse(UnsafeRawBufferPointer(buffer), name: name, limits: limits)
    }
  }

  /// Reads one document from a text.
  public static func parse(_ text: String, name: String) throws(HoldfastError) -> JSON {
    try parse(Array(text.utf8), name: name)
  }

  /// Reads the document in a file.
  public static func read(_ path: String, limits: Limits = Limits()) throws(HoldfastError) -> JSON {
    let file = try MappedFile(path: path)
    return try file.withBytes { bytes throws(HoldfastError) in try parse(bytes, name: path, limits: limits) }
  }
}
