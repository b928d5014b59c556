import HoldfastTensor

/// Attributes, and the references in their values.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.m.
extension OldLayout {
  /// Checks an attribute.
  ///
  /// - Parameter rank: the axes of the dataset that has it; `nil` for a group.
  func readAttribute(_ message: Message, rank: Int?) throws(HoldfastError) {
    var cursor = try cursor(at: message.address, message.size, "an attribute")
    let version = try cursor.read(UInt8.self, "its version")
    let flags = try cursor.read(UInt8.self, "its flags")
    guard (1...3).contains(version) else { throw cursor.corrupt("there is no attribute") }
    guard version == 1 || flags == 0 else { throw unsupported("an attribute of a type that objects share") }
    let nameSize = Int(try cursor.read(UInt16.self, "its name"))
    let typeSize = Int(try cursor.read(UInt16.self, "its type"))
    let spaceSize = Int(try cursor.read(UInt16.self, "its shape"))
    if version == 3 { try cursor.take(1, "its character set") }
    func part(_ size: Int, _ what: String) throws(HoldfastError) -> UnsafeRawBufferPointer {
      let bytes = try cursor.readBytes(size, what)
      // Up to version 1, parts are filled up to 8 bytes.
      if version == 1 { try cursor.take((8 - size % 8) % 8, what) }
      return bytes
    }
    let name = try part(nameSize, "an attribute's name")
    guard nameSize > 1, name[nameSize - 1] == 0, name.firstIndex(of: 0) == nameSize - 1 else {
      throw cursor.corrupt("an attribute's name does not end")
    }
    var typeCursor = ByteCursor(try part(typeSize, "an attribute's type"), name: cursor.name)
    let type = try readType(&typeCursor)
    let space = try readSpace(ByteCursor(try part(spaceSize, "an attribute's shape"), name: cursor.name))
    let (size, overflow) = space.count.multipliedReportingOverflow(by: type.size)
    guard !overflow else { throw cursor.corrupt("an attribute is absurdly large") }
    let values = try cursor.readBytes(size, "an attribute's value")
    try checkScale(ByteString(name.dropLast()), type, space, rank, cursor)
    for i in 0..<(type.size > 0 ? space.count : 0) {
      try checkReferences(
        type, UnsafeRawBufferPointer(rebasing: values[(i * type.size)..<((i + 1) * type.size)]))
    }
  }

  /// Checks the attributes of dimension scales, whose shape and type the HDF5 library does not.
  private func checkScale(
    _ name: ByteString, _ type: OldType, _ space: Shape, _ rank: Int?, _ cursor: ByteCursor
  ) throws(HoldfastError) {
    let isGood: Bool
    switch (name, type) {
    case ("CLASS", .plain), ("NAME", .plain): isGood = space.count == 1
    case ("CLASS", _), ("NAME", _), ("DIMENSION_LABELS", .plain): isGood = rank == nil
    case ("DIMENSION_LABELS", .list(of: .plain)): isGood = rank == nil || space.count == rank
    case ("DIMENSION_LIST", .list(of: .reference)): isGood = rank == nil || space.count == rank
    case ("REFERENCE_LIST", .compound(_, let members)):
      isGood = if members.count == 2, case .reference = members[0].type { true } else { rank == nil }
    case ("DIMENSION_LIST", _), ("REFERENCE_LIST", _), ("DIMENSION_LABELS", _): isGood = rank == nil
    default: isGood = true
    }
    guard isGood else { throw cursor.corrupt("the attribute '\(name)' is not that of a dimension scale") }
  }

  /// Checks that what an element refers to is there.
  private func checkReferences(_ type: OldType, _ bytes: UnsafeRawBufferPointer) throws(HoldfastError) {
    switch type {
    case .plain: return
    case .reference:
      let address = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      expect(object: try place(address, "what an attribute refers to"))
    case .compound(_, let members):
      for (offset, type) in members {
        try checkReferences(type, UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + type.size)]))
      }
    case .list(let element):
      let count = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
      let address = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
      let index = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
      if count == 0 || address == 0 { return }
      let range = try heapObject(at: address, index: index, size: count * element.size)
      for i in 0..<count {
        let start = range.lowerBound + i * element.size
        try checkReferences(
          element, UnsafeRawBufferPointer(rebasing: self.bytes[start..<(start + element.size)]))
      }
    }
  }
}
