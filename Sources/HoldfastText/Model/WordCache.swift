/// The tokens of words met before: a table in which a new word takes the place of an old one with the same slot.
struct WordCache {
  private struct Slot {
    var hash: UInt64 = 0
    var text: UInt32 = 0
    var ids: UInt32 = 0
    var textCount: UInt16 = 0
    var idCount: UInt16 = 0
  }

  /// The longest word, in bytes, that is worth keeping.
  static let longestWord = 64
  private static let slotCount = 1 << 15
  private static let textLimit = 1 << 20

  private var slots: [Slot] = []
  private var text: [UInt8] = []
  private var ids: [Int32] = []

  /// Appends the tokens of the word in `range` if they are known.
  @inline(__always)
  func append(_ source: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64, into result: inout [Int32]) -> Bool
  {
    guard !slots.isEmpty else { return false }
    let slot = slots[Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)]
    guard slot.hash == hash, Int(slot.textCount) == range.count, range.count > 0 else { return false }
    var place = Int(slot.text)
    for i in range {
      if text[place] != source[i] { return false }
      place += 1
    }
    let start = Int(slot.ids)
    for place in start..<start + Int(slot.idCount) { result.append(ids[place]) }
    return true
  }

  /// Keeps the tokens of a word.
  mutating func insert(
    _ source: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64, _ tokens: ArraySlice<Int32>
  ) {
    guard range.count <= Self.longestWord, range.count > 0 else { return }
    if slots.isEmpty || text.count + range.count > Self.textLimit {
      slots = Array(repeating: Slot(), count: Self.slotCount)
      text.removeAll(keepingCapacity: true)
      ids.removeAll(keepingCapacity: true)
    }
    slots[Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)] = Slot(
      hash: hash, text: UInt32(text.count), ids: UInt32(ids.count), textCount: UInt16(range.count),
      idCount: UInt16(tokens.count))
    for i in range { text.append(source[i]) }
    ids.append(contentsOf: tokens)
  }
}
