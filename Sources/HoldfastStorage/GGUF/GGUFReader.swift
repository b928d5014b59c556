import HoldfastTensor

/// Reads the parts of a GGUF file in their order.
struct GGUFReader {
  private let file: MappedFile
  private var cursor: ByteCursor
  private static let depthLimit = 8
  private static let maximumRank = 4

  struct Header {
    let version: Int
    let tensorCount: Int
    let metadataCount: Int
  }

  init(file: MappedFile) {
    self.file = file
    cursor = ByteCursor(file.bytes, name: file.path)
  }

  /// Magic, version and counts. A tensor takes at least 24 bytes of the file and an entry at least 13.
  mutating func header() throws(HoldfastError) -> Header {
    let magic = try cursor.readBytes(4, "the magic number")
    guard magic.elementsEqual([0x47, 0x47, 0x55, 0x46]) else {
      throw cursor.corrupt("this is not a GGUF file: it does not begin with 'GGUF'", at: 0)
    }
    let version = try cursor.read(UInt32.self, "the version")
    guard version == 2 || version == 3 else {
      if (1...3).contains(version.byteSwapped) {
        throw HoldfastError(.unsupported, "\(file.path): a big-endian GGUF file; convert it to little-endian")
      }
      let newer = version > 3 && version < 1 << 16
      throw HoldfastError(
        newer ? .newerVersion : .unsupported,
        "\(file.path): GGUF version \(version); versions 2 and 3 can be read")
    }
    let tensors = try cursor.readCount("the number of tensors", minimumSize: 24)
    let entries = try cursor.readCount("the number of metadata entries", minimumSize: 13)
    return Header(version: Int(version), tensorCount: tensors, metadataCount: entries)
  }

  mutating func metadata(
    count: Int
  ) throws(HoldfastError) -> (keys: [ByteString], values: [ByteString: GGUFValue]) {
    var keys: [ByteString] = []
    var values: [ByteString: GGUFValue] = [:]
    for _ in 0..<count {
      let start = cursor.offset
      let key = try string("a metadata key")
      let type = try cursor.read(UInt32.self, "the type of '\(key)'")
      let value = try self.value(type, key, depth: 0)
      guard values.updateValue(value, forKey: key) == nil else {
        throw cursor.corrupt("metadata '\(key)' occurs twice", at: start)
      }
      keys.append(key)
    }
    return (keys, values)
  }

  func alignment(_ metadata: [ByteString: GGUFValue]) throws(HoldfastError) -> Int {
    guard let stored = metadata["general.alignment"] else { return 32 }
    guard case .integer(let value) = stored, value > 0, value <= 1 << 20, value & (value - 1) == 0 else {
      throw cursor.corrupt("general.alignment must be a power of two")
    }
    return Int(value)
  }

  /// The tensors' descriptions; their data begins at the next multiple of `alignment` behind them.
  mutating func tensors(count: Int, alignment: Int) throws(HoldfastError) -> [StoredTensor] {
    struct Entry {
      let name: ByteString
      let shape: [Int]
      let type: StorageType
      let offset: Int
      let place: Int
    }
    var entries: [Entry] = []
    for _ in 0..<count {
      let place = cursor.offset
      let name = try string("a tensor's name")
      let rank = try cursor.read(UInt32.self, "the rank of tensor '\(name)'")
      guard rank <= Self.maximumRank else {
        throw cursor.corrupt(
          "tensor '\(name)' has \(rank) axes; at most \(Self.maximumRank) are allowed", at: place)
      }
      var shape: [Int] = []
      for _ in 0..<rank { shape.append(try cursor.readCount("an axis of tensor '\(name)'")) }
      let number = try cursor.read(UInt32.self, "the type of tensor '\(name)'")
      guard let type = StorageType.ggml(number) else {
        throw HoldfastError(
          .unsupported,
          "\(file.path): tensor '\(name)' has the unknown type \(number); "
            + "convert the file to one of \(StorageType.readableNames)")
      }
      let offset = try cursor.readCount("the offset of tensor '\(name)'")
      entries.append(Entry(name: name, shape: shape.reversed(), type: type, offset: offset, place: place))
    }
    let (padded, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
    guard !overflow else { throw cursor.corrupt("the file is too large") }
    let start = padded & ~(alignment - 1)
    var tensors: [StoredTensor] = []
    for entry in entries {
      let (offset, overflow) = start.addingReportingOverflow(entry.offset)
      guard !overflow, entry.offset & (alignment - 1) == 0 else {
        throw cursor.corrupt(
          "tensor '\(entry.name)' has offset \(entry.offset), not a multiple of \(alignment)", at: entry.place
        )
      }
      tensors.append(
        try StoredTensor(name: entry.name, shape: entry.shape, type: entry.type, file: file, offset: offset))
    }
    return tensors
  }

  private mutating func string(_ what: String) throws(HoldfastError) -> ByteString {
    let count = try cursor.readCount("the length of \(what)", minimumSize: 1)
    return ByteString(try cursor.readBytes(count, what))
  }
}

extension GGUFReader {
  private mutating func value(
    _ type: UInt32, _ key: ByteString, depth: Int
  ) throws(HoldfastError) -> GGUFValue {
    let what = "metadata '\(key)'"
    switch type {
    case 0...5, 10, 11: return try integer(type, what)
    case 6: return .number(Double(Float(bitPattern: try cursor.read(UInt32.self, what))))
    case 12: return .number(Double(bitPattern: try cursor.read(UInt64.self, what)))
    case 7: return .bool(try bool(what))
    case 8: return .string(try string(what))
    case 9: return try array(key, depth: depth)
    default: throw cursor.corrupt("\(what) has the unknown type \(type)", at: cursor.offset - 4)
    }
  }

  private mutating func integer(_ type: UInt32, _ what: String) throws(HoldfastError) -> GGUFValue {
    switch type {
    case 0: return .integer(Int64(try cursor.read(UInt8.self, what)))
    case 1: return .integer(Int64(try cursor.read(Int8.self, what)))
    case 2: return .integer(Int64(try cursor.read(UInt16.self, what)))
    case 3: return .integer(Int64(try cursor.read(Int16.self, what)))
    case 4: return .integer(Int64(try cursor.read(UInt32.self, what)))
    case 5: return .integer(Int64(try cursor.read(Int32.self, what)))
    case 11: return .integer(try cursor.read(Int64.self, what))
    default:
      let value = try cursor.read(UInt64.self, what)
      return Int64(exactly: value).map(GGUFValue.integer) ?? .unsigned(value)
    }
  }

  private mutating func bool(_ what: String) throws(HoldfastError) -> Bool {
    let value = try cursor.read(UInt8.self, what)
    guard value <= 1 else {
      throw cursor.corrupt("\(what) is a boolean of value \(value)", at: cursor.offset - 1)
    }
    return value == 1
  }

  private mutating func array(_ key: ByteString, depth: Int) throws(HoldfastError) -> GGUFValue {
    let what = "metadata '\(key)'"
    guard depth < Self.depthLimit else {
      throw cursor.corrupt("\(what) nests arrays more than \(Self.depthLimit) deep")
    }
    let type = try cursor.read(UInt32.self, "the element type of \(what)")
    let sizes: [UInt32: Int] = [
      0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8,
    ]
    guard let size = sizes[type] else {
      throw cursor.corrupt("\(what) is an array of the unknown type \(type)", at: cursor.offset - 4)
    }
    let count = try cursor.readCount("the length of \(what)", minimumSize: size)
    switch type {
    case 0...5, 10, 11:
      var values: [Int64] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        guard case .integer(let value) = try integer(type, what) else {
          throw cursor.corrupt("\(what) holds an integer beyond 63 bits")
        }
        values.append(value)
      }
      return .integers(values)
    case 6, 12:
      var values: [Double] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        values.append(
          type == 6
            ? Double(Float(bitPattern: try cursor.read(UInt32.self, what)))
            : Double(bitPattern: try cursor.read(UInt64.self, what)))
      }
      return .numbers(values)
    case 8:
      var values: [ByteString] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try string(what)) }
      return .strings(values)
    default:
      var values: [GGUFValue] = []
      for _ in 0..<count { values.append(try value(type, key, depth: depth + 1)) }
      return .array(values)
    }
  }
}
