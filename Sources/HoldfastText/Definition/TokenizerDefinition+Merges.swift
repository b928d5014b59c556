import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads merges written as `left right`; `written` is the vocabulary in the same writing.
  mutating func readMerges(_ merges: [ByteString], _ written: [ByteString]) throws(HoldfastError) {
    var halves: [(left: ByteString, right: ByteString)] = []
    halves.reserveCapacity(merges.count)
    for (place, merge) in merges.enumerated() {
      let parts = merge.bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw corrupt("merge \(place + 1) is '\(merge)'; it must be two tokens with one space between")
      }
      halves.append((ByteString(Array(parts[0])), ByteString(Array(parts[1]))))
    }
    try readMerges(halves, written)
  }

  /// Reads merges given as two tokens each.
  mutating func readMerges(
    _ merges: [(left: ByteString, right: ByteString)], _ written: [ByteString]
  ) throws(HoldfastError) {
    var entries: [(token: ByteString, id: Int32)] = []
    for (id, token) in written.enumerated() {
      if let id = Int32(exactly: id), !token.isEmpty, !unmergeable.contains(id) {
        entries.append((token, id))
      }
    }
    let table = ByteTable(entries)
    var pairs: [Pair] = []
    pairs.reserveCapacity(merges.count)
    for (place, (left, right)) in merges.enumerated() {
      guard let left = table.id(of: left), let right = table.id(of: right) else {
        let missing = table.id(of: left) == nil ? left : right
        throw corrupt("merge \(place + 1) names '\(missing)', which is not in the vocabulary")
      }
      pairs.append(Pair(left: left, right: right))
    }
    ranking = .merges(pairs)
  }
}
