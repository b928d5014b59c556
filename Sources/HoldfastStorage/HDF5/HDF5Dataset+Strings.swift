import CHDF5
public import HoldfastTensor

extension HDF5Dataset {
  /// All strings of a dataset of strings.
  ///
  /// They are read from the mapped file, not by the HDF5 library, which trusts what damaged files say about strings.
  /// Throws `corruptData` when the dataset holds something else or refers to strings that are not there.
  public func readStrings() throws(HoldfastError) -> [ByteString] {
    let offset = try store.locked { () throws(HoldfastError) -> Int in
      try checkReadable(as: .string)
      let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
      guard H5Pget_layout(creation.id) == H5D_CONTIGUOUS else {
        throw HoldfastError(.unsupported, "\(place) holds chunked strings; Holdfast reads contiguous ones")
      }
      return count == 0 ? 0 : Int(clamping: H5Dget_offset(id))
    }
    guard let file = store.mapped else {
      throw HoldfastError(.invalidArgument, "\(place) is being written and cannot be read")
    }
    return try file.withBytes { bytes throws(HoldfastError) in try strings(in: bytes, at: offset) }
  }

  /// Follows the references at `offset`: a length of 4 bytes, the address of a heap of 8, an index of 4.
  private func strings(
    in bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(HoldfastError) -> [ByteString] {
    var cursor = ByteCursor(bytes, name: place)
    try cursor.seek(to: offset, "the references to strings")
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
