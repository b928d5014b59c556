import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// The `model` of a `tokenizer.json`: `BPE` with a list of merges, or `Unigram`.
  func writtenModel() -> JSON {
    if case .unigram(let scores) = ranking { return writtenUnigram(scores.values) }
    var vocabulary: [(key: ByteString, value: JSON)] = []
    vocabulary.reserveCapacity(tokens.count)
    for place in tokens.indices where !tokens[place].isEmpty {
      vocabulary.append((written(Int32(truncatingIfNeeded: place)), .int(place)))
    }
    return [
      "type": "BPE", "dropout": nil,
      "unk_token": unknown.map { .string(written($0)) } ?? nil,
      "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": .bool(fusesUnknown),
      "byte_fallback": .bool(fallsBackToBytes), "ignore_merges": .bool(ignoresMerges),
      "vocab": .object(vocabulary), "merges": .array(writtenMerges()),
    ]
  }

  private func writtenUnigram(_ scores: [Double]) -> JSON {
    let vocabulary = tokens.indices.map { place -> JSON in
      // Every place needs a text of its own, also one that no token has.
      let token = tokens[place].isEmpty ? ByteString("<no token \(place)>") : tokens[place]
      return [.string(token), .number(scores[place])]
    }
    return [
      "type": "Unigram", "unk_id": unknown.map { .integer(Int64($0)) } ?? nil,
      "vocab": .array(vocabulary), "byte_fallback": .bool(fallsBackToBytes),
    ]
  }

  /// `left right` each, which all versions read, or two strings when a token holds a space.
  private func writtenMerges() -> [JSON] {
    let pairs: [Pair] =
      switch ranking {
      case .merges(let pairs): pairs
      case .scores(let scores): merges(by: scores)
      case .unigram: []
      }
    let texts = tokens.indices.map { written(Int32(truncatingIfNeeded: $0)) }
    let space = UInt8(ascii: " ")
    let spaced = Set(texts.indices.filter { texts[$0].bytes.contains(space) })
    let splits =
      !spaced.isEmpty && pairs.contains { spaced.contains(Int($0.left)) || spaced.contains(Int($0.right)) }
    return pairs.map { pair in
      let (left, right) = (texts[Int(pair.left)], texts[Int(pair.right)])
      return splits
        ? [.string(left), .string(right)] : .string(ByteString(left.bytes + [space] + right.bytes))
    }
  }

  /// Every way to make a token of two, the tokens with the best scores first.
  ///
  /// Ties go as in transformers' conversion of SentencePiece models: longer left and right parts first.
  private func merges(by scores: [Float]) -> [Pair] {
    var ids: [ByteString: Int32] = [:]
    ids.reserveCapacity(tokens.count)
    for (place, token) in tokens.enumerated() where !token.isEmpty {
      let id = Int32(truncatingIfNeeded: place)
      if !unmergeable.contains(id), ids[token] == nil { ids[token] = id }
    }
    struct Merge {
      let pair: Pair
      let score: Float
      let left, right: Int
    }
    var merges: [Merge] = []
    for (place, token) in tokens.enumerated() where ids[token] == Int32(truncatingIfNeeded: place) {
      var found: [Merge] = []
      var length = 0
      for cut in token.bytes.indices.dropFirst() where token.bytes[cut] & 0xC0 != 0x80 {
        length += 1
        guard let left = ids[ByteString(token.bytes[..<cut])],
          let right = ids[ByteString(token.bytes[cut...])]
        else { continue }
        let rest = token.bytes[cut...].count { $0 & 0xC0 != 0x80 }
        found.append(
          Merge(pair: Pair(left: left, right: right), score: scores[place], left: length, right: rest))
      }
      merges += found.sorted { ($0.pair.left, $0.pair.right) < ($1.pair.left, $1.pair.right) }
    }
    // Stable, so that what is equal in all three stays in the order of the vocabulary.
    return merges.enumerated().sorted { a, b in
      let (x, y) = (a.element, b.element)
      return (y.score, y.left, y.right, a.offset) < (x.score, x.left, x.right, b.offset)
    }.map(\.element.pair)
  }
}
