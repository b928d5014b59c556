import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// The longest token, in bytes, of a vocabulary that is merged by scores; SentencePiece's own limit is far below.
  private static let longestScoredToken = 1024

  /// Makes what turns words into ids. Throws `corruptData` naming the merge whose outcome is not a token.
  func makeEncoder() throws(HoldfastError) -> WordEncoder {
    var pieces: [(token: ByteString, id: Int32)] = []
    for (id, token) in tokens.enumerated() {
      guard let id = Int32(exactly: id) else { throw corrupt("the vocabulary has more than 2^31 tokens") }
      if !token.isEmpty, !unmergeable.contains(id) { pieces.append((token, id)) }
    }
    let table = ByteTable(pieces)
    let byteTokens = byteTokens(table)
    let frozen = frozen.sorted().map { (token: tokens[Int($0)], id: $0) }
    if case .unigram(let scores) = ranking {
      return .unigram(
        UnigramEncoder(
          pieces: pieces + frozen, scores: scores, favored: self.frozen, unknown: unknown,
          byteTokens: byteTokens))
    }
    return .bytePair(
      BytePairEncoder(
        symbols: symbols, entries: pieces, pieces: table, merges: try merges(table, pieces),
        byteTokens: byteTokens,
        unknown: unknown, fusesUnknown: fusesUnknown, ignoresMerges: ignoresMerges, frozen: frozen))
  }

  /// The id of each byte's token, or -1.
  private func byteTokens(_ table: ByteTable) -> [Int32] {
    if symbols == .bytes { return (UInt8(0)...255).map { table.id(of: ByteString([$0])) ?? -1 } }
    guard fallsBackToBytes else { return Array(repeating: -1, count: 256) }
    var ids = Array(repeating: Int32(-1), count: 256)
    for (id, token) in tokens.enumerated() {
      if let byte = Self.fallbackByte(token) { ids[Int(byte)] = Int32(truncatingIfNeeded: id) }
    }
    return ids
  }

  /// The byte that a token written as `<0x0A>` stands for.
  static func fallbackByte(_ token: ByteString) -> UInt8? {
    guard token.count == 6, token.hasPrefix("<0x"), token.hasSuffix(">") else { return nil }
    let digits = String(decoding: token.bytes[3..<5], as: UTF8.self)
    guard digits == digits.uppercased(), !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
    return UInt8(digits, radix: 16)
  }

  private func merges(
    _ table: ByteTable, _ pieces: [(token: ByteString, id: Int32)]
  ) throws(HoldfastError) -> [MergeTable.Merge] {
    switch ranking {
    case .merges(let pairs):
      var merges: [MergeTable.Merge] = []
      merges.reserveCapacity(pairs.count)
      var merged: [UInt8] = []
      for (rank, pair) in pairs.enumerated() {
        merged.removeAll(keepingCapacity: true)
        merged += tokens[Int(pair.left)].bytes
        merged += tokens[Int(pair.right)].bytes
        guard let result = table.id(of: merged.span, 0..<merged.count), let rank = UInt32(exactly: rank)
        else {
          throw corrupt("merge \(rank + 1) makes '\(ByteString(merged))', which is not in the vocabulary")
        }
        merges.append(MergeTable.Merge(left: pair.left, right: pair.right, result: result, rank: rank))
      }
      return merges
    case .scores(let scores): return try scoredMerges(scores, table, pieces)
    case .unigram: return []
    }
  }

  /// Every way to put a token together from two others; tokens of one score share a rank, so that the leftmost of
  /// them merges first.
  private func scoredMerges(
    _ scores: [Float], _ table: ByteTable, _ pieces: [(token: ByteString, id: Int32)]
  ) throws(HoldfastError) -> [MergeTable.Merge] {
    let ordered = pieces.sorted { (-scores[Int($0.id)], $0.id) < (-scores[Int($1.id)], $1.id) }
    var merges: [MergeTable.Merge] = []
    var rank: UInt32 = 0
    for (i, (token, id)) in ordered.enumerated() {
      guard token.count <= Self.longestScoredToken else {
        throw corrupt(
          "token \(id) has \(token.count) bytes; at most \(Self.longestScoredToken) are allowed")
      }
      if i > 0, scores[Int(ordered[i - 1].id)] != scores[Int(id)] { rank += 1 }
      for cut in 1..<max(token.count, 1) where token.bytes[cut] & 0xC0 != 0x80 {
        let bytes = token.bytes.span
        if let left = table.id(of: bytes, 0..<cut), let right = table.id(of: bytes, cut..<token.count) {
          merges.append(MergeTable.Merge(left: left, right: right, result: id, rank: rank))
        }
      }
    }
    return merges
  }
}
