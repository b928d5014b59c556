/// A binary heap of merges to come: the lowest rank first, and of equal ranks the leftmost place.
struct MergeQueue {
  private var entries: [UInt64] = []

  /// Empties the queue and keeps its memory.
  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// Adds a merge of `rank` at `place`, which is below 2^32.
  mutating func push(rank: UInt64, place: Int) {
    var i = entries.count
    let entry = rank << 32 | UInt64(truncatingIfNeeded: place)
    entries.append(entry)
    while i > 0, entries[(i - 1) / 2] > entry {
      entries[i] = entries[(i - 1) / 2]
      i = (i - 1) / 2
    }
    entries[i] = entry
  }

  /// Takes the first merge out.
  mutating func pop() -> (rank: UInt64, place: Int)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty {
      var i = 0
      while 2 * i + 1 < entries.count {
        var child = 2 * i + 1
        if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
        guard entries[child] < last else { break }
        entries[i] = entries[child]
        i = child
      }
      entries[i] = last
    }
    return (first >> 32, Int(truncatingIfNeeded: first & 0xFFFF_FFFF))
  }
}
