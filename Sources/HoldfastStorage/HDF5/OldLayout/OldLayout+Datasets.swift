import HoldfastTensor

/// Datasets: shape, fill value, filters and layout.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.b, e, f, i and l, and III.A.1 for chunks.
extension OldLayout {
  /// The lengths of the axes, and the number of elements.
  struct Shape {
    let extents: [Int]
    let count: Int
  }

  /// Reads a shape.
  func readSpace(_ start: ByteCursor) throws(HoldfastError) -> Shape {
    var cursor = start
    let version = try cursor.read(UInt8.self, "a shape")
    let rank = Int(try cursor.read(UInt8.self, "its rank"))
    let flags = try cursor.read(UInt8.self, "its flags")
    let kind = try cursor.read(UInt8.self, "its kind")
    guard version == 1 || version == 2, rank <= 32, flags <= 1, version == 1 || kind <= 2,
      version == 1 || (kind == 1) == (rank > 0)
    else { throw cursor.corrupt("there is no shape") }
    if version == 1 { try cursor.take(4, "padding") }
    var (extents, count): ([Int], Int) = ([], version == 2 && kind == 2 ? 0 : 1)
    for _ in 0..<rank {
      let length = try cursor.readCount("a length")
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Int.max / 64 else { throw cursor.corrupt("a shape is absurd") }
      extents.append(length)
      count = product
    }
    for extent in extents where flags == 1 {
      guard try cursor.read(UInt64.self, "a limit") >= UInt64(extent) else {
        throw cursor.corrupt("a shape is larger than its limits")
      }
    }
    return Shape(extents: extents, count: count)
  }

  /// Checks a fill value, which must have the size of an element.
  func readFill(_ message: Message, element: Int) throws(HoldfastError) {
    var cursor = try cursor(at: message.address, message.size, "a fill value")
    var size = 0
    if message.type == 0x04 {
      size = Int(try cursor.read(Int32.self, "its size"))
    } else {
      let version = try cursor.read(UInt8.self, "its version")
      let flags = try cursor.read(UInt8.self, "its flags")
      switch version {
      case 1, 2:
        try cursor.take(1, "its flags")
        let isDefined = try cursor.read(UInt8.self, "its flags") != 0
        if isDefined || version == 1 { size = Int(try cursor.read(Int32.self, "its size")) }
      case 3: if flags & 0x20 != 0 { size = Int(try cursor.read(Int32.self, "its size")) }
      default: throw cursor.corrupt("there is no fill value")
      }
    }
    guard size == -1 || size == 0 || size == element else {
      throw cursor.corrupt("a fill value of \(size) bytes")
    }
    if size > 0 { try cursor.take(size, "a fill value") }
  }

  /// Checks a list of filters; says whether there are any.
  func readFilters(_ message: Message) throws(HoldfastError) -> Bool {
    var cursor = try cursor(at: message.address, message.size, "filters")
    let version = try cursor.read(UInt8.self, "their version")
    let count = Int(try cursor.read(UInt8.self, "their number"))
    guard version == 1 || version == 2, count <= 8 else { throw cursor.corrupt("there are no filters") }
    if version == 1 { try cursor.take(6, "padding") }
    var seen: Set<UInt16> = []
    for _ in 0..<count {
      let id = try cursor.read(UInt16.self, "a filter")
      let hasName = version == 1 || id >= 256
      let nameLength = hasName ? Int(try cursor.read(UInt16.self, "a filter's name")) : 0
      try cursor.take(2, "a filter's flags")
      let values = Int(try cursor.read(UInt16.self, "a filter's values"))
      guard (1...3).contains(id) else {
        throw unsupported("the filter \(id); shuffle, deflate and fletcher32 are read")
      }
      guard values <= 8, seen.insert(id).inserted, nameLength % 8 == 0 || version == 2 else {
        throw cursor.corrupt("a filter is damaged")
      }
      let name = try cursor.readBytes(nameLength, "a filter's name")
      guard nameLength == 0 || name.contains(0) else { throw cursor.corrupt("a filter's name does not end") }
      try cursor.take(4 * values, "a filter's values")
      if version == 1, values % 2 == 1 { try cursor.take(4, "padding") }
    }
    return count > 0
  }

  /// Checks where the elements are, and the chunks if there are any.
  func readLayout(_ message: Message, shape: Shape, element: Int, isFiltered: Bool) throws(HoldfastError) {
    var cursor = try cursor(at: message.address, message.size, "a layout")
    guard try cursor.read(UInt8.self, "its version") == 3 else {
      throw unsupported("a layout of another version than 3")
    }
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: element)
    guard !overflow else { throw cursor.corrupt("a shape is absurd") }
    switch try cursor.read(UInt8.self, "its class") {
    case 0:
      let size = Int(try cursor.read(UInt16.self, "its size"))
      guard size == bytes else { throw cursor.corrupt("\(size) bytes are stored, \(bytes) wanted") }
      try cursor.take(size, "elements")
    case 1:
      let address = try cursor.read(UInt64.self, "its address")
      let size = try cursor.readCount("its size")
      guard size == bytes else { throw cursor.corrupt("\(size) bytes are stored, \(bytes) wanted") }
      if address != Self.undefined, size > 0 { try claim(place(address, "elements"), size) }
    case 2:
      let rank = Int(try cursor.read(UInt8.self, "its rank")) - 1
      let address = try cursor.read(UInt64.self, "its address")
      guard rank == shape.extents.count, rank > 0 else { throw cursor.corrupt("chunks do not fit the shape") }
      var (extents, size): ([Int], Int) = ([], 1)
      for _ in 0...rank {
        extents.append(Int(try cursor.read(UInt32.self, "a chunk's length")))
        let (product, overflow) = size.multipliedReportingOverflow(by: extents[extents.count - 1])
        guard !overflow, product > 0, product < 1 << 32 else {
          throw cursor.corrupt("chunks of an absurd size")
        }
        size = product
      }
      guard extents[rank] == element else { throw cursor.corrupt("chunks do not fit the type") }
      guard address != Self.undefined else { return }
      let chunks = OldChunks(extents: extents, bytes: size, isFiltered: isFiltered)
      try readChunks(at: place(address, "the tree of chunks"), level: nil, chunks)
    default: throw unsupported("a layout of another kind than compact, contiguous and chunked")
    }
  }
}

/// How the chunks of a dataset must be.
struct OldChunks {
  /// The extent along each axis, and the bytes of an element.
  let extents: [Int]
  /// The bytes of a chunk.
  let bytes: Int
  let isFiltered: Bool
}

extension OldLayout {
  /// A node of a tree of chunks and all below it.
  private func readChunks(at address: Int, level expected: Int?, _ chunks: OldChunks) throws(HoldfastError) {
    let keySize = 8 + 8 * chunks.extents.count
    let size = 24 + chunkNodeLimit * 8 + (chunkNodeLimit + 1) * keySize
    try claim(address, size)
    var cursor = try cursor(at: address, size, "the tree of chunks")
    let (level, count) = try readNode(&cursor, kind: 1, limit: chunkNodeLimit, expected, at: address)
    for _ in 0..<count {
      let stored = Int(try cursor.read(UInt32.self, "a chunk's size"))
      let mask = try cursor.read(UInt32.self, "a chunk's filters")
      try checkPlace(&cursor, chunks)
      let child = try cursor.read(UInt64.self, "a chunk's address")
      let place = try place(child, "a chunk")
      if level > 0 {
        try readChunks(at: place, level: level - 1, chunks)
        continue
      }
      guard stored > 0, chunks.isFiltered || (stored == chunks.bytes && mask == 0) else {
        throw corrupt("a chunk has \(stored) bytes instead of \(chunks.bytes)", at: place)
      }
      try claim(place, stored)
    }
    try cursor.take(8, "the last key")
    try checkPlace(&cursor, chunks)
  }

  /// The indices of a chunk's first element, which chunks divide.
  private func checkPlace(_ cursor: inout ByteCursor, _ chunks: OldChunks) throws(HoldfastError) {
    for extent in chunks.extents {
      guard try cursor.readCount("a chunk's place") % extent == 0 else {
        throw cursor.corrupt("a chunk starts between two chunks")
      }
    }
  }
}
