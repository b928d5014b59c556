public import HoldfastTensor

extension SafetensorsFile {
  /// A tensor to be written.
  public struct Output {
    /// The name in the file.
    public let name: ByteString
    /// The lengths of the axes, row-major.
    public let shape: [Int]
    /// How the elements are written; those of 16 bits are rounded to the nearest, ties to even.
    public let precision: FloatPrecision
    /// Hands over the elements, piece by piece, in order; called once.
    public let elements:
      ((UnsafeBufferPointer<Float>) throws(HoldfastError) -> Void) throws(HoldfastError) -> Void

    /// Describes a tensor whose elements come in pieces.
    public init(
      name: ByteString, shape: [Int], precision: FloatPrecision = .float32,
      elements:
        @escaping (
          (UnsafeBufferPointer<Float>) throws(HoldfastError) -> Void
        ) throws(HoldfastError) -> Void
    ) {
      self.name = name
      self.shape = shape
      self.precision = precision
      self.elements = elements
    }

    /// The bytes the elements take; throws `invalidArgument` when the shape is absurd.
    func byteCount() throws(HoldfastError) -> Int {
      var size = precision.elementBytes
      for axis in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: axis)
        guard axis >= 0, !overflow else {
          throw HoldfastError(.invalidArgument, "tensor '\(name)' has the absurd shape \(shape)")
        }
        size = product
      }
      return size
    }

    /// Describes a tensor by its elements.
    public init(name: ByteString, shape: [Int], precision: FloatPrecision = .float32, values: [Float]) {
      self.init(name: name, shape: shape, precision: precision) { put throws(HoldfastError) in
        try values.withUnsafeBufferPointer { buffer throws(HoldfastError) in try put(buffer) }
      }
    }
  }

  /// Writes tensors, in the order given, as one file, atomically.
  ///
  /// Throws `invalidArgument` when two have the same name or one hands over another number of elements than its
  /// shape says.
  public static func write(
    path: String, tensors: [Output], metadata: [(key: ByteString, value: ByteString)] = []
  ) throws(HoldfastError) {
    let header = try Self.header(tensors, metadata)
    try AtomicFile.write(to: path) { temporary throws(HoldfastError) in
      let file = try OutputFile(path: temporary)
      try file.write(header)
      for tensor in tensors {
        var left = tensor.shape.reduce(1, *)
        try tensor.elements { piece throws(HoldfastError) in
          left -= piece.count
          try tensor.precision.encode(piece) { bytes throws(HoldfastError) in try file.write(bytes) }
        }
        guard left == 0 else {
          throw HoldfastError(
            .invalidArgument, "\(path): tensor '\(tensor.name)' does not fill its shape \(tensor.shape)")
        }
      }
      try file.close()
    }
  }

  /// The length of the header and the header, padded with spaces to a multiple of 8 bytes.
  private static func header(
    _ tensors: [Output], _ metadata: [(key: ByteString, value: ByteString)]
  ) throws(HoldfastError) -> [UInt8] {
    var members: [(key: ByteString, value: JSON)] = []
    if !metadata.isEmpty {
      members.append(("__metadata__", .object(metadata.map { ($0.key, .string($0.value)) })))
    }
    var names: Set<ByteString> = ["__metadata__"]
    var offset = 0
    for tensor in tensors {
      guard names.insert(tensor.name).inserted, tensor.name.validText != nil else {
        throw HoldfastError(
          .invalidArgument, "tensor name '\(tensor.name)' occurs twice, is reserved or is not UTF-8")
      }
      let (end, overflow) = offset.addingReportingOverflow(try tensor.byteCount())
      guard !overflow else { throw HoldfastError(.invalidArgument, "the tensors are too large for one file") }
      members.append(
        (
          tensor.name,
          [
            "dtype": .text(tensor.precision.storageType.name), "shape": .array(tensor.shape.map(JSON.int)),
            "data_offsets": [.int(offset), .int(end)],
          ]
        ))
      offset = end
    }
    var json = JSON.object(members).serialized()
    while json.count % 8 != 0 { json.append(0x20) }
    let length = UInt64(json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json
  }
}
