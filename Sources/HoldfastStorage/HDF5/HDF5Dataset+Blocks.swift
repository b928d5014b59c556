import CHDF5
public import HoldfastTensor

/// A rectangular part of a dataset: where it starts and how far it reaches along each axis.
public struct HDF5Block: Sendable, Equatable {
  /// The first index along each axis.
  public let start: [Int]
  /// The extent along each axis.
  public let extent: [Int]

  /// Names a part.
  public init(start: [Int], extent: [Int]) {
    self.start = start
    self.extent = extent
  }

  /// The number of elements.
  public var count: Int { extent.reduce(1, *) }
}

/// Reading and writing parts, as the bytes that the dataset's own type has in the file: nothing is converted.
extension HDF5Dataset {
  /// Writes a block from memory that holds exactly its elements, row-major.
  public func write(_ block: HDF5Block, from bytes: UnsafeRawBufferPointer) throws(HoldfastError) {
    let type = try checked(block, bytes.count)
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    try select(block, "write") { memory, file in
      type.withFileType { H5Dwrite(id, $0, memory, file, 0, base) }
    }
  }

  /// Reads a block into memory that has room for exactly its elements, row-major.
  public func read(_ block: HDF5Block, into bytes: UnsafeMutableRawBufferPointer) throws(HoldfastError) {
    let type = try checked(block, bytes.count)
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    let isRead = try store.locked { () throws(HoldfastError) -> Bool in
      guard let chunking = try chunking(), !chunking.filters.isEmpty else { return false }
      try readChunks(chunking, block, into: bytes)
      return true
    }
    if isRead { return }
    try select(block, "read") { memory, file in
      type.withFileType { H5Dread(id, $0, memory, file, 0, base) }
    }
  }

  /// Writes the strings of a block, row-major; they must be UTF-8 without zero bytes.
  public func write(_ block: HDF5Block, strings: [ByteString]) throws(HoldfastError) {
    guard type == .string, strings.count == block.count, isInside(block) else {
      throw HoldfastError(
        .invalidArgument, "\(place): \(strings.count) strings do not fit \(block.extent) of \(shape)")
    }
    guard !strings.isEmpty else { return }
    let pointers = try CStrings(strings, place: place)
    try select(block, "write") { memory, file in
      pointers.withPointers { strings in
        HDF5Type.string.withFileType { H5Dwrite(id, $0, memory, file, 0, strings.baseAddress) }
      }
    }
  }

  private func isInside(_ block: HDF5Block) -> Bool {
    block.start.count == shape.count && block.extent.count == shape.count && !shape.isEmpty
      && shape.indices.allSatisfy {
        block.start[$0] >= 0 && block.extent[$0] >= 0 && block.extent[$0] <= shape[$0] - block.start[$0]
      }
  }

  /// The type of a numeric dataset in which the block lies and whose elements take so many bytes.
  private func checked(_ block: HDF5Block, _ bytes: Int) throws(HoldfastError) -> HDF5Type {
    guard let type, type != .string, isInside(block), bytes == block.count * type.size else {
      throw HoldfastError(
        .invalidArgument,
        "\(place): \(bytes) bytes do not fit the block \(block.extent) at \(block.start) of \(shape)")
    }
    return type
  }

  private func select(
    _ block: HDF5Block, _ action: String, _ body: (_ memory: hid_t, _ file: hid_t) -> herr_t
  ) throws(HoldfastError) {
    try store.locked { () throws(HoldfastError) in
      let file = HDF5Handle(H5Dget_space(id), close: H5Sclose)
      let start = block.start.map { hsize_t($0) }
      let extent = block.extent.map { hsize_t($0) }
      let memory = HDF5Handle(H5Screate_simple(Int32(extent.count), extent, nil), close: H5Sclose)
      guard H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, extent, nil) >= 0,
        body(memory.id, file.id) >= 0
      else {
        throw HDF5.failure("\(place): cannot \(action) the values", action == "read" ? .corruptData : .io)
      }
    }
  }
}
