import CHDF5
public import HoldfastTensor

extension HDF5Dataset {
  /// All strings of a dataset of strings, of any length or a fixed one.
  ///
  /// Those of any length are read from the mapped file, not by the HDF5 library, which trusts what damaged files say about
  /// strings. Throws `corruptData` when the dataset holds something else or refers to strings that are not there.
  public func readStrings() throws(HoldfastError) -> [ByteString] {
    guard let file = store.mapped else {
      throw HoldfastError(.invalidArgument, "\(place) is being written and cannot be read")
    }
    let (raw, isPadded) = try store.locked { () throws(HoldfastError) -> ([UInt8], Bool) in
      try checkReadable(as: .string)
      let type = HDF5Handle(H5Dget_type(id), close: H5Tclose)
      return (try rawStrings(type.id, file), H5Tget_strpad(type.id) == H5T_STR_SPACEPAD)
    }
    return try raw.withUnsafeBufferPointer { raw throws(HoldfastError) in
      let raw = UnsafeRawBufferPointer(raw)
      if let fixedLength { return ByteString.fixed(raw, length: fixedLength, isPadded: isPadded) }
      return try file.withBytes { bytes throws(HoldfastError) in try strings(raw, in: bytes) }
    }
  }

  /// The elements as they are stored: strings of a fixed length, or references to others; to be called under the lock.
  private func rawStrings(_ type: hid_t, _ file: MappedFile) throws(HoldfastError) -> [UInt8] {
    let size = count * elementSize
    guard size > 0 else { return [] }
    if let chunking = try chunking() {
      var raw = [UInt8](repeating: 0, count: size)
      try raw.withUnsafeMutableBufferPointer { raw throws(HoldfastError) in
        try readChunks(
          chunking, HDF5Block(start: shape.map { _ in 0 }, extent: shape),
          into: UnsafeMutableRawBufferPointer(raw))
      }
      return raw
    }
    if fixedLength != nil {
      var raw = [UInt8](repeating: 0, count: size)
      guard H5Dread(id, type, 0, 0, 0, &raw) >= 0 else {
        throw HDF5.failure("\(place): cannot read the strings")
      }
      return raw
    }
    let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
    guard H5Pget_layout(creation.id) == H5D_CONTIGUOUS else {
      throw HoldfastError(
        .unsupported, "\(place) holds strings in its header; Holdfast reads contiguous and chunked ones")
    }
    let offset = Int(clamping: H5Dget_offset(id))
    return try file.withBytes { bytes throws(HoldfastError) in
      var cursor = ByteCursor(bytes, name: place)
      try cursor.seek(to: offset, "the references to strings")
      return Array(try cursor.readBytes(size, "the references to strings"))
    }
  }

  /// Follows references: a length of 4 bytes, the address of a heap of 8, an index of 4.
  private func strings(
    _ references: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer
  ) throws(HoldfastError) -> [ByteString] {
    var cursor = ByteCursor(references, name: place)
    var heaps: [Int: GlobalHeap] = [:]
    // Many references may share one string in a hostile file: what they take together is limited.
    var budget = bytes.count
    var strings: [ByteString] = []
    strings.reserveCapacity(count)
    for i in 0..<count {
      let length = Int(try cursor.read(UInt32.self, "a string's length"))
      let address = try cursor.readCount("a string's address")
      let index = try cursor.read(UInt32.self, "a string's index")
      if length == 0 || address == 0 {
        strings.append("")
        continue
      }
      if heaps[address] == nil { heaps[address] = GlobalHeap(file: bytes, at: address) }
      guard let range = heaps[address]?.object(index, length: length), length <= budget else {
        throw corrupt("refers to a string \(i) that is damaged or not there")
      }
      budget -= length
      strings.append(ByteString(bytes[range].prefix { $0 != 0 }))
    }
    return strings
  }

  /// Writes all strings of a dataset of strings; they must be UTF-8 without zero bytes.
  public func writeStrings(_ strings: [ByteString]) throws(HoldfastError) {
    guard type == .string, strings.count == count else {
      throw HoldfastError(
        .invalidArgument, "\(place): \(strings.count) strings do not fit the shape \(shape)")
    }
    guard !strings.isEmpty else { return }
    let pointers = try CStrings(strings, place: place)
    try store.locked { () throws(HoldfastError) in
      let status = pointers.withPointers { strings in
        HDF5Type.string.withFileType { H5Dwrite(id, $0, 0, 0, 0, strings.baseAddress) }
      }
      guard status >= 0 else { throw HDF5.failure("\(place): cannot write the strings", .io) }
    }
  }
}
