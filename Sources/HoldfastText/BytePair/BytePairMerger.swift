/// Merges the symbols of one word, lowest rank first and leftmost among equals; its memory serves many words.
///
/// Short words are searched anew for every merge; long ones keep a queue, so that n symbols cost O(n log n).
struct BytePairMerger {
  /// The symbols of the word: put in before, its tokens after `merge`.
  var symbols: [Int32] = []
  /// The outcome of merging symbol i with the one behind it.
  private var outcomes: [MergeTable.Outcome] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = MergeQueue()

  /// The longest word, in symbols, that is searched rather than queued.
  private static let searchLimit = 48

  /// Merges until nothing merges any more.
  mutating func merge(_ table: MergeTable) {
    if symbols.count < 2 { return }
    outcomes.removeAll(keepingCapacity: true)
    for i in 1..<symbols.count { outcomes.append(table(symbols[i - 1], symbols[i])) }
    if symbols.count <= Self.searchLimit { search(table) } else { mergeQueued(table) }
  }

  private mutating func search(_ table: MergeTable) {
    while true {
      var best = 0
      var bestRank = MergeTable.rank(of: MergeTable.none)
      for i in outcomes.indices where MergeTable.rank(of: outcomes[i]) < bestRank {
        best = i
        bestRank = MergeTable.rank(of: outcomes[i])
      }
      if bestRank == MergeTable.rank(of: MergeTable.none) { return }
      symbols[best] = MergeTable.result(of: outcomes[best])
      symbols.remove(at: best + 1)
      outcomes.remove(at: best)
      if best > 0 { outcomes[best - 1] = table(symbols[best - 1], symbols[best]) }
      if best < outcomes.count { outcomes[best] = table(symbols[best], symbols[best + 1]) }
    }
  }

  private mutating func mergeQueued(_ table: MergeTable) {
    let count = symbols.count
    outcomes.append(MergeTable.none)
    next = (0..<count).map { Int32(truncatingIfNeeded: $0 + 1 < count ? $0 + 1 : -1) }
    previous = (0..<count).map { Int32(truncatingIfNeeded: $0 - 1) }
    queue.removeAll()
    for i in 0..<count { enqueue(i) }
    while let (rank, place) = queue.pop() {
      // An entry is stale when its symbol has been merged away or now has another neighbour.
      guard outcomes[place] != MergeTable.none, MergeTable.rank(of: outcomes[place]) == rank else { continue }
      let right = Int(next[place])
      symbols[place] = MergeTable.result(of: outcomes[place])
      outcomes[right] = MergeTable.none
      symbols[right] = -1
      let after = Int(next[right])
      next[place] = Int32(truncatingIfNeeded: after)
      if after >= 0 { previous[after] = Int32(truncatingIfNeeded: place) }
      outcomes[place] = after >= 0 ? table(symbols[place], symbols[after]) : MergeTable.none
      enqueue(place)
      let before = Int(previous[place])
      if before >= 0 {
        outcomes[before] = table(symbols[before], symbols[place])
        enqueue(before)
      }
    }
    symbols.removeAll { $0 < 0 }
  }

  private mutating func enqueue(_ place: Int) {
    if outcomes[place] != MergeTable.none {
      queue.push(rank: MergeTable.rank(of: outcomes[place]), place: place)
    }
  }
}
