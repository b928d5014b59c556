import HoldfastTensor

/// What an element is, as far as the check has to know: where references are in it.
indirect enum OldType {
  /// Numbers, strings of a fixed length and enumerations: bytes that refer to nothing.
  case plain(size: Int)
  /// The address of an object.
  case reference
  /// A length, and the address and index of as many elements in a global heap.
  case list(of: OldType)
  /// Members at offsets.
  case compound(size: Int, members: [(offset: Int, type: OldType)])

  /// The bytes in the file.
  var size: Int {
    switch self {
    case .plain(let size), .compound(let size, _): size
    case .reference: 8
    case .list: 16
    }
  }
}

/// Datatypes.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.d.
extension OldLayout {
  /// Reads a type.
  ///
  /// - Parameter depth: how many types this one is in.
  func readType(_ cursor: inout ByteCursor, depth: Int = 0) throws(HoldfastError) -> OldType {
    let head = try cursor.read(UInt8.self, "a type")
    let flags = try cursor.readBytes(3, "a type's flags")
    let size = Int(try cursor.read(UInt32.self, "a type's size"))
    let version = head >> 4
    guard (1...3).contains(version), size > 0, depth < 4 else { throw cursor.corrupt("there is no type") }
    switch head & 15 {
    case 0: try checkInteger(&cursor, size)
    case 1: try checkFloat(&cursor, size, flags)
    case 3:
      guard flags[0] & 15 <= 2, flags[0] >> 4 <= 1 else { throw cursor.corrupt("a string type is damaged") }
    case 6: return try readCompound(&cursor, version, Int(flags[0]) | Int(flags[1]) << 8, size, depth)
    case 7:
      guard flags[0] & 15 == 0, size == 8 else { throw unsupported("references to parts of datasets") }
      return .reference
    case 8: try checkEnumeration(&cursor, version, Int(flags[0]) | Int(flags[1]) << 8, size, depth)
    case 9:
      guard flags[0] & 15 <= 1, flags[0] >> 4 <= 2, flags[1] & 15 <= 1, size == 16 else {
        throw cursor.corrupt("a type of lists is damaged")
      }
      let element = try readType(&cursor, depth: depth + 1)
      if case .list = element { throw unsupported("lists of lists") }
      return .list(of: element)
    default: throw unsupported("a type of the class \(head & 15)")
    }
    return .plain(size: size)
  }

  private func checkInteger(_ cursor: inout ByteCursor, _ size: Int) throws(HoldfastError) {
    let offset = Int(try cursor.read(UInt16.self, "an integer's place"))
    let precision = Int(try cursor.read(UInt16.self, "an integer's width"))
    guard size <= 8, precision > 0, offset + precision <= 8 * size else {
      throw cursor.corrupt("an integer type is damaged")
    }
  }

  private func checkFloat(
    _ cursor: inout ByteCursor, _ size: Int, _ flags: UnsafeRawBufferPointer
  ) throws(HoldfastError) {
    let offset = Int(try cursor.read(UInt16.self, "a number's place"))
    let precision = Int(try cursor.read(UInt16.self, "a number's width"))
    let parts = try cursor.readBytes(4, "a number's parts")
    try cursor.take(4, "a number's bias")
    let (exponent, exponentBits) = (Int(parts[0]), Int(parts[1]))
    let (fraction, fractionBits) = (Int(parts[2]), Int(parts[3]))
    guard size <= 16, precision > 0, offset + precision <= 8 * size, flags[0] & 0x40 == 0,
      Int(flags[1]) < precision, exponentBits > 0, exponent + exponentBits <= precision,
      fractionBits > 0, fraction + fractionBits <= precision
    else { throw cursor.corrupt("a type of numbers is damaged") }
  }

  private func readCompound(
    _ cursor: inout ByteCursor, _ version: UInt8, _ count: Int, _ size: Int, _ depth: Int
  ) throws(HoldfastError) -> OldType {
    guard (1...64).contains(count) else { throw cursor.corrupt("a compound type has \(count) members") }
    var members: [(offset: Int, type: OldType)] = []
    for _ in 0..<count {
      try skipName(&cursor, version)
      let offset: Int
      if version == 3 {
        // As many bytes as the size of the whole needs.
        let width = size < 1 << 8 ? 1 : size < 1 << 16 ? 2 : size < 1 << 24 ? 3 : 4
        offset = try cursor.readBytes(width, "a member's place").reversed().reduce(0) { $0 << 8 | Int($1) }
      } else {
        offset = Int(try cursor.read(UInt32.self, "a member's place"))
      }
      if version == 1 {
        guard try cursor.read(UInt8.self, "a member's rank") == 0 else {
          throw unsupported("arrays in compound types")
        }
        try cursor.take(27, "a member's shape")
      }
      let type = try readType(&cursor, depth: depth + 1)
      guard offset + type.size <= size else {
        throw cursor.corrupt("a member lies outside of its compound type")
      }
      members.append((offset, type))
    }
    let ordered = members.sorted { $0.offset < $1.offset }
    for (one, next) in zip(ordered, ordered.dropFirst()) where one.offset + one.type.size > next.offset {
      throw cursor.corrupt("two members of a compound type share bytes")
    }
    return .compound(size: size, members: members)
  }

  private func checkEnumeration(
    _ cursor: inout ByteCursor, _ version: UInt8, _ count: Int, _ size: Int, _ depth: Int
  ) throws(HoldfastError) {
    guard case .plain(size) = try readType(&cursor, depth: depth + 1), (1...4096).contains(count), size <= 8
    else {
      throw cursor.corrupt("an enumeration is damaged")
    }
    for _ in 0..<count { try skipName(&cursor, version) }
    try cursor.take(count * size, "an enumeration's values")
  }

  /// A name that ends with a zero, up to version 2 filled up to 8 bytes.
  private func skipName(_ cursor: inout ByteCursor, _ version: UInt8) throws(HoldfastError) {
    let start = cursor.offset
    while try cursor.read(UInt8.self, "a name") != 0 {}
    if version < 3 { try cursor.take((8 - (cursor.offset - start) % 8) % 8, "a name") }
  }
}
