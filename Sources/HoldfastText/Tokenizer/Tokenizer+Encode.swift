import HoldfastStorage
public import HoldfastTensor

extension Tokenizer {
  /// The ids of a text, as Hugging Face `tok(text).input_ids` gives them.
  ///
  /// With `parseSpecial` off, the text of a special token is ordinary text. A byte that the vocabulary has no token for is
  /// the unknown token, or left out where there is none. Throws `invalidArgument` when `bos` is `always` and the
  /// tokenizer has no BOS, `unsupported` when the tokenizer's expression goes back and forth over this text beyond measure.
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
    var state = states.take()
    for part in rawMatcher.split(text.span, parsingSpecial: parseSpecial) {
      if let token = part.token {
        ids.append(token.id)
      } else if definition.normalization.isEmpty {
        try encode(
          text.span, part.range, parseSpecial, isAtStart: part.range.lowerBound == 0, &state, into: &ids)
      } else {
        let normalized = try Self.normalize(Array(text[part.range]), definition.normalization)
        try encode(
          normalized.span, 0..<normalized.count, parseSpecial, isAtStart: part.range.lowerBound == 0, &state,
          into: &ids)
      }
    }
    states.give(state)
    if bos == .automatic { ids += definition.suffix }
    return ids
  }

  /// Encodes normalised text; `isAtStart`: it begins where the user's text does.
  private func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ parseSpecial: Bool, isAtStart: Bool,
    _ state: inout EncodingState,
    into ids: inout [Int32]
  ) throws(HoldfastError) {
    if normalizedMatcher.isEmpty {
      return try encodeWords(text, range, isAtStart: isAtStart, &state, into: &ids)
    }
    let start = range.lowerBound
    for part in normalizedMatcher.split(text.extracting(range), parsingSpecial: parseSpecial) {
      if let token = part.token {
        ids.append(token.id)
      } else {
        try encodeWords(
          text, start + part.range.lowerBound..<start + part.range.upperBound,
          isAtStart: isAtStart && part.range.lowerBound == 0, &state, into: &ids)
      }
    }
  }

  private func encodeWords(
    _ text: Span<UInt8>, _ range: Range<Int>, isAtStart: Bool, _ state: inout EncodingState,
    into ids: inout [Int32]
  ) throws(HoldfastError) {
    if rewritesWords {
      try state.list.cutRewriting(text, range, definition.preTokenizer, isAtStart: isAtStart)
      let (rewritten, words) = (state.list.text, state.list.words)
      encoder.encode(rewritten.span, words, &state.scratch, into: &ids)
    } else {
      try state.list.cut(text, range, definition.preTokenizer)
      let words = state.list.words
      encoder.encode(text, words, &state.scratch, into: &ids)
    }
  }
}
