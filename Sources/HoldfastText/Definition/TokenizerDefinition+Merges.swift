import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads merges written as `left right`; `written` is the vocabulary in the same writing.
  mutating func readMerges(_ merges: [ByteString], _ written: [ByteString]) throws(HoldfastError) {
    let table = mergeableTokens(written)
    var pairs: [Pair] = []
    pairs.reserveCapacity(merges.count)
    for (place, merge) in merges.enumerated() {
      let space = UInt8(ascii: " ")
      guard let cut = merge.bytes.firstIndex(of: space), cut > 0, cut + 1 < merge.count,
        !merge.bytes[(cut + 1)...].contains(space)
      else {
        throw corrupt("merge \(place + 1) is '\(merge)'; it must be two tokens with one space between")
      }
      let bytes = merge.bytes.span
      guard let left = table.id(of: bytes, 0..<cut) else {
        throw notInVocabulary(ByteString(merge.bytes[..<cut]), place)
      }
      guard let right = table.id(of: bytes, cut + 1..<merge.count) else {
        throw notInVocabulary(ByteString(merge.bytes[(cut + 1)...]), place)
      }
      pairs.append(Pair(left: left, right: right))
    }
    ranking = .merges(pairs)
  }

  /// Reads merges given as two tokens each.
  mutating func readMerges(
    _ merges: [(left: ByteString, right: ByteString)], _ written: [ByteString]
  ) throws(HoldfastError) {
    let table = mergeableTokens(written)
    var pairs: [Pair] = []
    pairs.reserveCapacity(merges.count)
    for (place, merge) in merges.enumerated() {
      guard let left = table.id(of: merge.left) else { throw notInVocabulary(merge.left, place) }
      guard let right = table.id(of: merge.right) else { throw notInVocabulary(merge.right, place) }
      pairs.append(Pair(left: left, right: right))
    }
    ranking = .merges(pairs)
  }

  private func mergeableTokens(_ written: [ByteString]) -> ByteTable {
    var entries: [(token: ByteString, id: Int32)] = []
    entries.reserveCapacity(written.count)
    for (id, token) in written.enumerated() {
      if let id = Int32(exactly: id), !token.isEmpty, !unmergeable.contains(id) {
        entries.append((token, id))
      }
    }
    return ByteTable(entries)
  }

  private func notInVocabulary(_ token: ByteString, _ place: Int) -> HoldfastError {
    corrupt("merge \(place + 1) names '\(token)', which is not in the vocabulary")
  }
}
