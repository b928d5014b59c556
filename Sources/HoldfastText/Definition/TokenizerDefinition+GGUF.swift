import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// What `tokenizer.ggml.token_type` says of a token.
  private enum TokenType: Int64 {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// Reads the tokenizer in a GGUF file's metadata.
  ///
  /// Throws `unsupported` for a kind or a pre-tokenisation rule that is not known, `corruptData` when the entries
  /// contradict each other.
  init(_ gguf: GGUFFile) throws(HoldfastError) {
    self.init(source: gguf.path)
    let kind = try gguf.string("tokenizer.ggml.model")
    let written = try gguf.strings("tokenizer.ggml.tokens")
    let types = try Self.types(gguf, count: written.count)
    switch kind {
    case "gpt2": try readByteLevel(gguf, written, types)
    case "llama": try readSentencePiece(gguf, written, types)
    case "t5": try readUnigram(gguf, written, types)
    default:
      throw HoldfastError(
        .unsupported,
        "\(source): the tokenizer is of kind '\(kind)'; known kinds are gpt2 (byte-level BPE), llama "
          + "(SentencePiece BPE) and t5 (SentencePiece unigram)")
    }
    if gguf.metadata["tokenizer.chat_template"] != nil {
      chatTemplate = try gguf.string("tokenizer.chat_template").text
    }
    try validate()
  }

  private static func types(_ gguf: GGUFFile, count: Int) throws(HoldfastError) -> [TokenType] {
    let key: ByteString = "tokenizer.ggml.token_type"
    if gguf.metadata[key] == nil { return Array(repeating: .normal, count: count) }
    let numbers = try gguf.integers(key)
    guard numbers.count == count else {
      throw HoldfastError(
        .corruptData, "\(gguf.path): there are \(numbers.count) token types for \(count) tokens")
    }
    var types: [TokenType] = []
    for (id, number) in numbers.enumerated() {
      guard let type = TokenType(rawValue: number) else {
        throw HoldfastError(.corruptData, "\(gguf.path): token \(id) has type \(number); types are 1 to 6")
      }
      types.append(type)
    }
    return types
  }

  private mutating func readByteLevel(
    _ gguf: GGUFFile, _ written: [ByteString], _ types: [TokenType]
  ) throws(HoldfastError) {
    let name = try gguf.string("tokenizer.ggml.pre")
    guard let known = KnownRule.all.first(where: { $0.names.contains(name) }) else {
      let names = KnownRule.all.flatMap(\.names).map(\.text).joined(separator: ", ")
      throw HoldfastError(
        .unsupported, "\(source): the pre-tokenisation rule '\(name)' is not known; known rules are \(names)")
    }
    preTokenizer = known.preTokenizer
    normalization = known.normalization
    ignoresMerges = known.ignoresMerges
    try readTokens(written, types) { ByteAlphabet.decode($0) }
    try readMerges(try gguf.strings("tokenizer.ggml.merges"), written)
    try readSequenceTokens(gguf, bos: nil, eos: nil, addsBOS: known.addsBOS)
  }

  private mutating func readSentencePiece(
    _ gguf: GGUFFile, _ written: [ByteString], _ types: [TokenType]
  ) throws(HoldfastError) {
    symbols = .scalars
    fallsBackToBytes = true
    fusesUnknown = true
    let addsSpace = try gguf.bool("tokenizer.ggml.add_space_prefix", default: true)
    normalization = (addsSpace ? [.prepend("▁")] : []) + [.replace(" ", "▁")]
    decoding = .sentencePiece(joinsBytes: true, strippedSpaces: addsSpace ? 1 : 0)
    try readTokens(written, types) { $0 }
    if !addsSpace { freezeUserDefined() }
    ranking = .scores(try gguf.numbers("tokenizer.ggml.scores").map(Float.init))
    unknown = try id(gguf, "tokenizer.ggml.unknown_token_id", default: 0)
    try readSequenceTokens(gguf, bos: 1, eos: 2, addsBOS: true)
  }

  /// Takes user-defined tokens as SentencePiece does, in the normalised text; files hold them with spaces for `▁`.
  ///
  /// Where a space is put before every piece of text, they stay tokens of the text itself, as in llama.cpp.
  private mutating func freezeUserDefined() {
    for token in addedTokens where !token.isSpecial {
      tokens[Int(token.id)] = ByteString(
        NormalizationStep.replace([0x20], Array("▁".utf8), in: token.content.bytes))
      frozen.insert(token.id)
    }
    addedTokens.removeAll { !$0.isSpecial }
  }

  private mutating func readUnigram(
    _ gguf: GGUFFile, _ written: [ByteString], _ types: [TokenType]
  ) throws(HoldfastError) {
    symbols = .scalars
    var normalizer = SentencePieceNormalizer()
    normalizer.addsDummyPrefix = try gguf.bool("tokenizer.ggml.add_space_prefix", default: true)
    normalizer.removesExtraSpaces = try gguf.bool("tokenizer.ggml.remove_extra_whitespaces", default: true)
    let key: ByteString = "tokenizer.ggml.precompiled_charsmap"
    if gguf.metadata[key] != nil {
      let map = try gguf.integers(key).map { UInt8(truncatingIfNeeded: $0) }
      if !map.isEmpty { normalizer.map = try CharactersMap(map, name: "\(source): \(key)") }
    }
    decoding = .sentencePiece(
      joinsBytes: types.contains(.byte), strippedSpaces: normalizer.addsDummyPrefix ? 1 : 0)
    fallsBackToBytes = decoding.joinsBytes
    try readTokens(written, types) { $0 }
    normalization = [.sentencePiece(normalizer)]
    ranking = .unigram(
      UnigramEncoder.Scores(values: try gguf.numbers("tokenizer.ggml.scores"), isSingle: true))
    unknown = try id(gguf, "tokenizer.ggml.unknown_token_id", default: 2)
    try readSequenceTokens(gguf, bos: nil, eos: 1, addsBOS: false)
  }

  private mutating func readTokens(
    _ written: [ByteString], _ types: [TokenType], _ decode: (ByteString) -> ByteString
  ) throws(HoldfastError) {
    for (place, (token, type)) in zip(written, types).enumerated() {
      guard let id = Int32(exactly: place) else { throw corrupt("the vocabulary has more than 2^31 tokens") }
      guard token.validText != nil else { throw corrupt("token \(id) is not UTF-8") }
      tokens.append(type == .normal || type == .byte ? decode(token) : token)
      if type != .normal { unmergeable.insert(id) }
      if type == .control || type == .userDefined || type == .unknown, !token.isEmpty {
        addedTokens.append(AddedToken(id: id, content: token, isSpecial: type != .userDefined))
      }
    }
  }

  private mutating func readSequenceTokens(
    _ gguf: GGUFFile, bos: Int32?, eos: Int32?, addsBOS: Bool
  ) throws(HoldfastError) {
    bosToken = try id(gguf, "tokenizer.ggml.bos_token_id", default: bos)
    eosToken = try id(gguf, "tokenizer.ggml.eos_token_id", default: eos)
    if try gguf.bool("tokenizer.ggml.add_bos_token", default: addsBOS) {
      guard let bosToken else { throw corrupt("add_bos_token is set, and there is no bos_token_id") }
      prefix = [bosToken]
    }
    if try gguf.bool("tokenizer.ggml.add_eos_token", default: false) {
      guard let eosToken else { throw corrupt("add_eos_token is set, and there is no eos_token_id") }
      suffix = [eosToken]
    }
  }

  private func id(_ gguf: GGUFFile, _ key: ByteString, default fallback: Int32?) throws(HoldfastError)
    -> Int32?
  {
    if gguf.metadata[key] == nil { return fallback }
    let value = try gguf.int(key)
    guard let id = Int32(exactly: value), id >= 0, Int(id) < tokens.count else {
      throw corrupt("\(key) is \(value), and the vocabulary has ids 0 to \(tokens.count - 1)")
    }
    return id
  }
}
