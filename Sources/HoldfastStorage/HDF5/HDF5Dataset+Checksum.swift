import CHDF5
public import HoldfastTensor

/// What a dataset says of its own content: SHA-256 in the attribute `sha256`.
///
/// The digest is that of the elements row-major, as their type has them in the file (little-endian), whatever the layout
/// and the compression; a string counts with its bytes and one zero behind them.
extension HDF5Dataset {
  private static let checksumName: ByteString = "sha256"
  /// About so many bytes are read at once.
  private static let pieceBytes = 4 << 20

  /// The stored digest, or `nil` when there is none.
  public func storedChecksum() throws(HoldfastError) -> ByteString? {
    guard let value = try attribute(Self.checksumName) else { return nil }
    guard case .text(let digest) = value else { throw corrupt("has an attribute 'sha256' that is no text") }
    return digest
  }

  /// Notes the digest of what was written; there is none where nothing was.
  func writeChecksum() throws(HoldfastError) {
    let isWritten = try store.locked { () throws(HoldfastError) in count == 0 || H5Dget_storage_size(id) > 0 }
    guard isWritten else { return }
    var hash = SHA256()
    if type == .string {
      try forEachWrittenString { hash.update($0.bytes + [0]) }
    } else {
      try forEachPiece { _, bytes throws(HoldfastError) in hash.update(bytes) }
    }
    try setAttribute(Self.checksumName, .text(ByteString(hash.hex)))
  }

  /// The digest of the strings of a dataset.
  public static func checksum(_ strings: [ByteString]) -> String {
    var hash = SHA256()
    for string in strings { hash.update(string.bytes + [0]) }
    return hash.hex
  }

  /// Calls `body` with the elements as they are in the file, some rows at a time, and the place of the first of them.
  ///
  /// For numbers only; throws as reading does.
  public func forEachPiece(
    _ body: (_ first: Int, UnsafeRawBufferPointer) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    guard let type, type != .string else {
      throw HoldfastError(.unsupported, "\(place) does not hold numbers of a type that Holdfast knows")
    }
    // What is being written may be mostly empty, and is not to be doubted.
    if store.mapped != nil { try store.locked { () throws(HoldfastError) in try checkReadable(as: type) } }
    guard count > 0 else { return }
    var buffer: [UInt8] = []
    func pass(
      _ first: Int, _ elements: Int, _ read: (UnsafeMutableRawBufferPointer) throws(HoldfastError) -> Void
    )
      throws(HoldfastError)
    {
      let bytes = elements * type.size
      if buffer.count < bytes { buffer = [UInt8](repeating: 0, count: bytes) }
      try buffer.withUnsafeMutableBufferPointer { whole throws(HoldfastError) in
        let part = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: whole[..<bytes]))
        try read(part)
        try body(first, UnsafeRawBufferPointer(part))
      }
    }
    guard !shape.isEmpty else {
      return try pass(0, 1) { part throws(HoldfastError) in
        try store.locked { () throws(HoldfastError) in
          guard type.withFileType({ H5Dread(id, $0, 0, 0, 0, part.baseAddress) }) >= 0 else {
            throw HDF5.failure("\(place): cannot read the value")
          }
        }
      }
    }
    for rows in try pieces() {
      let block = HDF5Block(
        start: shape.indices.map { $0 == 0 ? rows.lowerBound : 0 },
        extent: shape.indices.map { $0 == 0 ? rows.count : shape[$0] })
      try pass(rows.lowerBound * rowWidth, block.count) { part throws(HoldfastError) in
        try read(block, into: part)
      }
    }
  }

  /// Rows that are read together: whole chunks, so that none is decompressed twice.
  private func pieces() throws(HoldfastError) -> [Range<Int>] {
    let height = try store.locked { () throws(HoldfastError) in try chunking()?.extents[0] ?? 1 }
    let step = max(1, Self.pieceBytes / max(rowWidth * elementSize * height, 1)) * height
    return stride(from: 0, to: rowCount, by: step).map { $0..<min($0 + step, rowCount) }
  }

  /// The strings of a dataset that was just written, which the HDF5 library may be trusted with.
  private func forEachWrittenString(_ body: (ByteString) -> Void) throws(HoldfastError) {
    guard count > 0 else { return }
    let step = max(1, (1 << 14) / max(rowWidth, 1))
    for start in stride(from: 0, to: rowCount, by: step) {
      let rows = start..<min(start + step, rowCount)
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: rows.count * rowWidth)
      defer { for pointer in pointers { H5free_memory(pointer) } }
      try store.locked { () throws(HoldfastError) in
        try transfer(rows, "read") { memory, file in
          HDF5Type.string.withFileType { H5Dread(id, $0, memory, file, 0, &pointers) }
        }
      }
      for pointer in pointers { body(ByteString(copying: pointer)) }
    }
  }
}

extension HDF5Group {
  /// Notes the digests of all datasets in the group and below it, which was written by Holdfast just now.
  func writeChecksums() throws(HoldfastError) {
    for (name, kind) in try members() {
      switch kind {
      case .group: try group(name).writeChecksums()
      case .dataset: try dataset(name).writeChecksum()
      case .dimension, .other: continue
      }
    }
  }
}
