import HoldfastTensor

/// A global heap collection, where HDF5 keeps strings of variable length.
///
/// The HDF5 library (1.10) trusts the sizes in it and crashes on damaged ones, and it is the only metadata without a
/// checksum. So collections are checked here before the library sees them, and strings are read without it.
///
/// Source: HDF5 File Format Specification 3.0, III.E.
struct GlobalHeap {
  /// The place of each object in the file, by its index.
  private var objects: [UInt16: Range<Int>] = [:]
  /// The bytes of the whole collection.
  let size: Int

  private static let header = 16
  private static let smallest = 4096

  /// Whether bytes begin like a collection.
  static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= header && bytes.starts(with: [0x47, 0x43, 0x4F, 0x4C])
  }

  /// Reads the collection at an offset of a file; `nil` when it is damaged.
  init?(file: UnsafeRawBufferPointer, at offset: Int) {
    guard offset >= 0, file.count >= Self.smallest, offset <= file.count - Self.smallest,
      Self.begins(UnsafeRawBufferPointer(rebasing: file[offset...])), file[offset + 4] == 1,
      let size = Self.number(file, offset + 8), size >= Self.smallest, size <= file.count - offset
    else { return nil }
    self.size = size
    let end = offset + size
    var place = offset + Self.header
    while end - place >= Self.header {
      let index = UInt16(littleEndian: file.loadUnaligned(fromByteOffset: place, as: UInt16.self))
      guard let length = Self.number(file, place + 8), length <= end - place else { return nil }
      // The object of index 0 is the free space, whose length includes its header.
      let padded = (length + 7) & ~7
      let step = index == 0 ? length : Self.header + padded
      guard step >= Self.header, step <= end - place else { return nil }
      if index != 0 {
        let start = place + Self.header
        guard objects.updateValue(start..<(start + length), forKey: index) == nil else { return nil }
      }
      place += step
    }
  }

  /// The place in the file of an object, which must have the given length.
  func object(_ index: UInt32, length: Int) -> Range<Int>? {
    guard let index = UInt16(exactly: index), let range = objects[index], range.count == length else {
      return nil
    }
    return range
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int? {
    Int(exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
  }
}
