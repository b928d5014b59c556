import HoldfastTensor

/// Checks a file of HDF5's old layout (superblock 0 or 1, the default of h5py and most other tools) before the HDF5 library
/// sees it.
///
/// The old layout has no checksums, and the library (1.10) trusts what it reads: on many damaged files it crashes. So every
/// structure that can be reached from the root is walked here, with all sizes, addresses, types and references in it, and
/// no two structures may share a byte. What the check does not know is refused as `unsupported`, so that nothing unchecked
/// reaches the library; data go through the checks that newer files go through as well.
///
/// Source: HDF5 File Format Specification 3.0, II to IV.
final class OldLayout {
  /// The address that stands for none.
  static let undefined = UInt64.max

  let bytes: UnsafeRawBufferPointer
  let path: String
  /// Where the file ends, as its superblock has it.
  private(set) var end = 0
  /// The most entries of a leaf of a group, of a node of a group's tree, and of a node of a tree of chunks.
  private(set) var leafLimit = 0
  private(set) var nodeLimit = 0
  private(set) var chunkNodeLimit = 64
  /// What is at which address, and how far it reaches.
  private var claims: [Range<Int>] = []
  private var starts: Set<Int> = []
  /// The objects that were found, and those whose header was not yet read.
  private(set) var objects: [Int: OldObject] = [:]
  private var waiting: [Int] = []
  /// What symbol table entries say of the groups they lead to.
  private var cachedGroups: [(address: Int, tree: UInt64, heap: UInt64)] = []
  /// The objects that references in attributes lead to.
  private var references: [Int] = []
  private var heaps: [Int: GlobalHeap] = [:]

  /// Checks a whole file.
  ///
  /// Throws `corruptData` when something is wrong in it, and `unsupported` for what is not known here.
  static func check(_ file: MappedFile) throws(HoldfastError) {
    try file.withBytes { bytes throws(HoldfastError) in
      try OldLayout(bytes, path: file.path).run()
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  private func run() throws(HoldfastError) {
    try readSuperblock()
    while let address = waiting.popLast() {
      if objects[address] == nil { objects[address] = try readObject(at: address) }
    }
    for (address, tree, heap) in cachedGroups {
      guard let group = objects[address]?.group, group.tree == tree, group.heap == heap else {
        throw corrupt("an entry leads to byte \(address), which is not the group it says", at: address)
      }
    }
    for address in references where objects[address] == nil {
      throw corrupt("an attribute refers to byte \(address), where no object is", at: address)
    }
    claims.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(claims, claims.dropFirst()) where one.upperBound > next.lowerBound {
      throw corrupt("two structures share bytes", at: next.lowerBound)
    }
  }

  /// The superblock at the start of the file, and the entry of the root group in it.
  private func readSuperblock() throws(HoldfastError) {
    end = bytes.count
    var cursor = try cursor(at: 8, bytes.count - 8, "the superblock")
    let version = try cursor.read(UInt8.self, "its version")
    let versions = try cursor.readBytes(4, "the versions of its parts")
    let sizes = try cursor.readBytes(3, "its sizes")
    guard version <= 1, versions.allSatisfy({ $0 == 0 }), sizes[0] == 8, sizes[1] == 8 else {
      throw unsupported("addresses or lengths that are not 8 bytes long")
    }
    leafLimit = 2 * Int(try cursor.read(UInt16.self, "the size of leaves"))
    nodeLimit = 2 * Int(try cursor.read(UInt16.self, "the size of nodes"))
    try cursor.take(4, "its flags")
    if version == 1 {
      chunkNodeLimit = 2 * Int(try cursor.read(UInt16.self, "the size of nodes of chunks"))
      try cursor.take(2, "its padding")
    }
    let base = try cursor.read(UInt64.self, "the base address")
    let space = try cursor.read(UInt64.self, "the address of free space")
    let length = try cursor.read(UInt64.self, "the end of the file")
    let driver = try cursor.read(UInt64.self, "the driver's address")
    guard base == 0, space == Self.undefined, driver == Self.undefined else {
      throw unsupported("a user block, or a driver of its own")
    }
    guard let length = Int(exactly: length), length <= bytes.count else {
      throw corrupt("the file ends at byte \(bytes.count) instead of \(length); it is truncated", at: 40)
    }
    guard leafLimit > 0, nodeLimit > 0, chunkNodeLimit > 0 else {
      throw corrupt("nodes have no room", at: 16)
    }
    end = length
    let entry = 8 + cursor.offset
    try claim(0, entry + 40)
    try readEntry(at: entry, names: nil)
  }

  // MARK: What the parts of the check share.

  /// A cursor over bytes that must lie within the file.
  func cursor(at address: Int, _ count: Int, _ what: String) throws(HoldfastError) -> ByteCursor {
    guard address >= 0, count >= 0, address <= end, count <= end - address else {
      throw corrupt("\(what) of \(count) bytes lies beyond the end of the file", at: address)
    }
    return ByteCursor(
      UnsafeRawBufferPointer(rebasing: bytes[address..<(address + count)]),
      name: "\(path), \(what) at \(address)")
  }

  /// Notes that bytes belong to one structure; that no other has them is checked at the end, and at once where another
  /// begins at the same byte: a tree whose nodes have all one child, many times over, would take for ever to walk.
  func claim(_ address: Int, _ count: Int) throws(HoldfastError) {
    _ = try cursor(at: address, count, "a structure")
    guard count > 0 else { return }
    guard starts.insert(address).inserted else { throw corrupt("two structures share bytes", at: address) }
    claims.append(address..<(address + count))
  }

  /// An address that must be in the file.
  func place(_ address: UInt64, _ what: String) throws(HoldfastError) -> Int {
    guard let place = Int(exactly: address), place < end else {
      throw corrupt("\(what) would lie at byte \(address)", at: end)
    }
    return place
  }

  /// Lets the object at an address be checked, if it is not yet.
  func visit(_ address: Int) { waiting.append(address) }

  func expect(group address: Int, tree: UInt64, heap: UInt64) { cachedGroups.append((address, tree, heap)) }

  func expect(object address: Int) { references.append(address) }

  /// Checks that a global heap has an object of exactly the given size, and returns its place.
  func heapObject(at address: UInt64, index: UInt32, size: Int) throws(HoldfastError) -> Range<Int> {
    let place = try place(address, "a heap")
    if heaps[place] == nil,
      let heap = GlobalHeap(file: UnsafeRawBufferPointer(rebasing: bytes[..<end]), at: place)
    {
      heaps[place] = heap
      try claim(place, heap.size)
    }
    guard let range = heaps[place]?.object(index, length: size) else {
      throw corrupt(
        "a value refers to the object \(index) of a heap, which is damaged or not there", at: place)
    }
    return range
  }

  func corrupt(_ message: String, at address: Int) -> HoldfastError {
    HoldfastError(.corruptData, "\(path), byte \(address): \(message); the HDF5 file is damaged")
  }

  func unsupported(_ what: String) -> HoldfastError {
    HoldfastError(
      .unsupported,
      "\(path): an HDF5 file of the old layout with \(what), which Holdfast does not read there; write it with "
        + "libver=('v108', 'v110') of h5py, or rewrite it with 'h5repack --latest' of hdf5-tools")
  }
}

/// What is known of an object: a group has a tree and a heap, a dataset a shape.
struct OldObject {
  var group: (tree: UInt64, heap: UInt64)?
}
