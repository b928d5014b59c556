import HoldfastTensor

/// Groups: a tree of leaves with an entry for each member, whose names are in a local heap.
///
/// Source: HDF5 File Format Specification 3.0, III.A, III.B and III.C.
extension OldLayout {
  /// The names of a group's members.
  struct Names {
    let start: Int
    let size: Int
  }

  /// The group with the given tree and heap.
  func readGroup(tree: UInt64, heap: UInt64) throws(HoldfastError) {
    let names = try readLocalHeap(at: place(heap, "the heap of a group"))
    try readTree(at: place(tree, "the tree of a group"), level: nil, names)
  }

  /// The local heap at an address, with its list of free blocks.
  private func readLocalHeap(at address: Int) throws(HoldfastError) -> Names {
    var cursor = try cursor(at: address, 32, "the heap of a group")
    guard try cursor.readBytes(4, "its signature").elementsEqual("HEAP".utf8),
      try cursor.read(UInt8.self, "its version") == 0
    else { throw corrupt("there is no heap of a group", at: address) }
    try cursor.take(3, "its padding")
    let size = try cursor.readCount("its size")
    var free = try cursor.read(UInt64.self, "its first free block")
    let start = try place(cursor.read(UInt64.self, "its address"), "the names of a group")
    try claim(address, 32)
    try claim(start, size)
    // The list ends with 1. It may be in any order, but has no more blocks than there is room for.
    var left = size / 16 + 1
    while free != 1 {
      guard let offset = Int(exactly: free), offset <= size - 16, left > 0 else {
        throw corrupt("the free blocks of a group's heap are damaged", at: address)
      }
      var block = try self.cursor(at: start + offset, 16, "a free block")
      free = try block.read(UInt64.self, "the next free block")
      guard try block.readCount("its size") <= size - offset, free != 0 else {
        throw corrupt("the free blocks of a group's heap are damaged", at: start + offset)
      }
      left -= 1
    }
    return Names(start: start, size: size)
  }

  /// Checks that a name ends within the heap.
  private func checkName(_ offset: UInt64, _ names: Names) throws(HoldfastError) {
    guard let offset = Int(exactly: offset), offset < names.size,
      bytes[(names.start + offset)..<(names.start + names.size)].contains(0)
    else { throw corrupt("the name of a member is not in its group's heap", at: names.start) }
  }

  /// A node of a group's tree and all below it.
  private func readTree(at address: Int, level expected: Int?, _ names: Names) throws(HoldfastError) {
    let size = 24 + nodeLimit * 8 + (nodeLimit + 1) * 8
    try claim(address, size)
    var cursor = try cursor(at: address, size, "the tree of a group")
    let (level, count) = try readNode(&cursor, kind: 0, limit: nodeLimit, expected, at: address)
    try checkName(try cursor.read(UInt64.self, "a key"), names)
    for _ in 0..<count {
      let child = try place(cursor.read(UInt64.self, "a child"), "a part of a group")
      if level > 0 {
        try readTree(at: child, level: level - 1, names)
      } else {
        try readLeaf(at: child, names)
      }
      try checkName(try cursor.read(UInt64.self, "a key"), names)
    }
  }

  /// What every node of a tree begins with: its level and how many children it has.
  func readNode(
    _ cursor: inout ByteCursor, kind: UInt8, limit: Int, _ expected: Int?, at address: Int
  ) throws(HoldfastError) -> (level: Int, count: Int) {
    guard try cursor.readBytes(4, "its signature").elementsEqual("TREE".utf8),
      try cursor.read(UInt8.self, "its kind") == kind
    else { throw corrupt("there is no node of a tree", at: address) }
    let level = Int(try cursor.read(UInt8.self, "its level"))
    let count = Int(try cursor.read(UInt16.self, "its length"))
    let left = try cursor.read(UInt64.self, "its left neighbour")
    let right = try cursor.read(UInt64.self, "its right neighbour")
    guard expected == nil || level == expected, level < 32, count <= limit,
      expected != nil || (left == Self.undefined && right == Self.undefined)
    else { throw corrupt("a node of a tree has the level \(level) and \(count) children", at: address) }
    for neighbour in [left, right] where neighbour != Self.undefined {
      _ = try place(neighbour, "a neighbour in a tree")
    }
    return (level, count)
  }

  private func readLeaf(at address: Int, _ names: Names) throws(HoldfastError) {
    try claim(address, 8 + leafLimit * 40)
    var cursor = try cursor(at: address, 8 + leafLimit * 40, "the members of a group")
    guard try cursor.readBytes(4, "their signature").elementsEqual("SNOD".utf8),
      try cursor.read(UInt8.self, "their version") == 1
    else { throw corrupt("there are no members of a group", at: address) }
    try cursor.take(1, "padding")
    let count = Int(try cursor.read(UInt16.self, "their number"))
    guard count <= leafLimit else { throw corrupt("there are \(count) members in one leaf", at: address) }
    for i in 0..<count { try readEntry(at: address + 8 + 40 * i, names: names) }
  }

  /// The entry of a member, or of the root group, whose name is in no heap.
  func readEntry(at address: Int, names: Names?) throws(HoldfastError) {
    var cursor = try cursor(at: address, 40, "the entry of a member")
    let name = try cursor.read(UInt64.self, "its name")
    if let names { try checkName(name, names) }
    let header = try cursor.read(UInt64.self, "its address")
    let kind = try cursor.read(UInt32.self, "its kind")
    try cursor.take(4, "padding")
    if kind == 2, let names {
      // A link by name; the library may look at it, Holdfast follows none.
      return try checkName(UInt64(try cursor.read(UInt32.self, "a link's target")), names)
    }
    guard kind <= 1 else { throw corrupt("a member is of the unknown kind \(kind)", at: address) }
    let object = try place(header, "a member")
    if kind == 1 {
      expect(
        group: object, tree: try cursor.read(UInt64.self, "its tree"),
        heap: try cursor.read(UInt64.self, "its heap"))
    }
    visit(object)
  }
}
