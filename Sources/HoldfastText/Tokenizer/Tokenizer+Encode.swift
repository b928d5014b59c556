import HoldfastStorage
public import HoldfastTensor

extension Tokenizer {
  /// The ids of a text, as Hugging Face `tok(text).input_ids` gives them.
  ///
  /// With `parseSpecial` off, the text of a special token is ordinary text. A byte that the vocabulary has no token for is
  /// the unknown token, or left out where there is none. Throws `invalidArgument` when `bos` is `always` and the
  /// tokenizer has no BOS.
  public func encode(
    _ text: String, bos: BOSPolicy = .automatic, parseSpecial: Bool = true
  ) throws(HoldfastError) -> [Int32] {
    try encode(valid: Array(text.utf8), bos, parseSpecial)
  }

  /// The ids of a text given as UTF-8.
  ///
  /// Throws `invalidArgument` naming the first byte that is not UTF-8; otherwise as `encode(_:)`.
  public func encode(
    bytes: some Collection<UInt8>, bos: BOSPolicy = .automatic, parseSpecial: Bool = true
  ) throws(HoldfastError) -> [Int32] {
    let text = Array(bytes)
    if let place = text.withUnsafeBytes({ UTF8Check.firstInvalidByte(in: $0) }) {
      throw HoldfastError(
        .invalidArgument,
        "the text is not UTF-8: byte \(place) of \(text.count) is 0x\(String(text[place], radix: 16)); "
          + "convert it first")
    }
    return try encode(valid: text, bos, parseSpecial)
  }

  private func encode(
    valid text: [UInt8], _ bos: BOSPolicy, _ parseSpecial: Bool
  ) throws(HoldfastError) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 3 + 8)
    switch bos {
    case .automatic: ids += definition.prefix
    case .always:
      guard let bosToken else {
        throw HoldfastError(
          .invalidArgument, "\(definition.source): the tokenizer has no BOS token; use 'never' or 'automatic'"
        )
      }
      ids.append(bosToken)
    case .never: break
    }
    var state = EncodingState()
    for part in rawMatcher.split(text.span, parsingSpecial: parseSpecial) {
      if let token = part.token {
        ids.append(token.id)
      } else if definition.normalization.isEmpty {
        encode(normalized: text.span, part.range, parseSpecial, &state, into: &ids)
      } else {
        let normalized = Self.normalize(Array(text[part.range]), definition.normalization)
        encode(normalized: normalized.span, 0..<normalized.count, parseSpecial, &state, into: &ids)
      }
    }
    if bos == .automatic { ids += definition.suffix }
    return ids
  }

  /// Memory that serves all words of one text.
  private struct EncodingState {
    var ends: [Int] = []
    var merger = BytePairMerger()
  }

  private func encode(
    normalized text: Span<UInt8>, _ range: Range<Int>, _ parseSpecial: Bool, _ state: inout EncodingState,
    into ids: inout [Int32]
  ) {
    if normalizedMatcher.isEmpty { return encode(words: text, range, &state, into: &ids) }
    for part in normalizedMatcher.split(text.extracting(range), parsingSpecial: parseSpecial) {
      if let token = part.token {
        ids.append(token.id)
      } else {
        let start = range.lowerBound
        encode(
          words: text, start + part.range.lowerBound..<start + part.range.upperBound, &state, into: &ids)
      }
    }
  }

  private func encode(
    words text: Span<UInt8>, _ range: Range<Int>, _ state: inout EncodingState, into ids: inout [Int32]
  ) {
    if definition.preTokenizer.addsPrefixSpace {
      let (copy, ends) = definition.preTokenizer.cutWithPrefixSpace(text, range)
      encode(copy.span, from: 0, ends, &state.merger, into: &ids)
    } else {
      state.ends.removeAll(keepingCapacity: true)
      definition.preTokenizer.cut(text, range, into: &state.ends)
      encode(text, from: range.lowerBound, state.ends, &state.merger, into: &ids)
    }
  }

  private func encode(
    _ text: Span<UInt8>, from start: Int, _ ends: [Int], _ merger: inout BytePairMerger,
    into ids: inout [Int32]
  ) {
    var start = start
    for end in ends {
      encoder.encode(text, start..<end, &merger, into: &ids)
      start = end
    }
  }
}
