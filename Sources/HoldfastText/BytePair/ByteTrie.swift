/// Texts by their beginnings: a table of (node, byte) pairs, with the value of each text at its last node.
struct ByteTrie: Sendable {
  /// The children of the root by byte, or 0.
  private var roots = Array(repeating: UInt32(0), count: 256)
  /// Node and byte of each pair plus one, or 0 for an empty slot, and the child.
  private var slots: [(key: UInt64, child: UInt32)] = [(0, 0), (0, 0)]
  private var pairCount = 0
  /// The value of each node, or -1.
  private var values: [Int32] = [-1]

  /// Makes a trie; of equal texts the first counts, and empty ones are left out.
  init(_ entries: [(text: [UInt8], value: Int32)]) {
    for (text, value) in entries where !text.isEmpty {
      var node = UInt32(0)
      for byte in text { node = child(node, byte) ?? add(node, byte) }
      if values[Int(node)] < 0 { values[Int(node)] = value }
    }
  }

  /// Whether there are no texts.
  var isEmpty: Bool { values.count == 1 }

  /// Whether a text begins with this byte.
  @inline(__always)
  func begins(_ byte: UInt8) -> Bool { roots[Int(byte)] != 0 }

  /// Calls `body` with the end and value of every text that `text[range]` begins with, the shortest first.
  @inline(__always)
  func forEachPrefix(_ text: Span<UInt8>, _ range: Range<Int>, _ body: (_ end: Int, _ value: Int32) -> Void) {
    var i = range.lowerBound
    guard i < range.upperBound else { return }
    var node = roots[Int(text[i])]
    while node != 0 {
      i += 1
      if values[Int(node)] >= 0 { body(i, values[Int(node)]) }
      guard i < range.upperBound, let next = child(node, text[i]) else { return }
      node = next
    }
  }

  /// The end and value of the longest text that `text[range]` begins with.
  @inline(__always)
  func longest(_ text: Span<UInt8>, _ range: Range<Int>) -> (end: Int, value: Int32)? {
    var found: (Int, Int32)?
    forEachPrefix(text, range) { found = ($0, $1) }
    return found
  }

  @inline(__always)
  private func child(_ node: UInt32, _ byte: UInt8) -> UInt32? {
    if node == 0 { return roots[Int(byte)] == 0 ? nil : roots[Int(byte)] }
    let key = UInt64(node) << 8 | UInt64(byte)
    var place = Self.hash(key) & (slots.count - 1)
    while slots[place].key != 0 {
      if slots[place].key == key { return slots[place].child }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func add(_ node: UInt32, _ byte: UInt8) -> UInt32 {
    let child = UInt32(truncatingIfNeeded: values.count)
    values.append(-1)
    if node == 0 {
      roots[Int(byte)] = child
      return child
    }
    pairCount += 1
    if 2 * pairCount > slots.count {
      let old = slots
      slots = Array(repeating: (0, 0), count: 4 * old.count)
      for slot in old where slot.key != 0 { insert(slot.key, slot.child) }
    }
    insert(UInt64(node) << 8 | UInt64(byte), child)
    return child
  }

  private mutating func insert(_ key: UInt64, _ child: UInt32) {
    var place = Self.hash(key) & (slots.count - 1)
    while slots[place].key != 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = (key, child)
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int {
    let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }
}
