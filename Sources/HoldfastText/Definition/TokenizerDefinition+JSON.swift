import HoldfastStorage
import HoldfastTensor

/// The form in which checkpoints carry their tokenizer. Byte-level tokens are written in GPT-2's alphabet, so that every
/// token is text; merges are a flat list of ids, two a merge.
extension TokenizerDefinition {
  private static let format: ByteString = "holdfast-tokenizer"
  private static let version = 2

  /// The definition as JSON; `init(serialized:)` reads it.
  func serialized() -> JSON {
    var json: JSON = [
      "format": .string(Self.format), "version": .int(Self.version),
      "symbols": symbols == .bytes ? "bytes" : "scalars",
      "tokens": .array(tokens.map { .string(symbols == .bytes ? ByteAlphabet.encode($0) : $0) }),
      "unmergeable": .array(unmergeable.sorted().map { .integer(Int64($0)) }),
      "added_tokens": .array(addedTokens.map(Self.serialized)),
      "frozen": .array(frozen.sorted().map { .integer(Int64($0)) }),
      "normalization": .array(normalization.map(Self.serialized)),
      "pre_tokenizer": .array(preTokenizer.steps.map(Self.serialized)),
      "unknown_token": Self.serialized(unknown), "fuse_unknown": .bool(fusesUnknown),
      "ignore_merges": .bool(ignoresMerges), "byte_fallback": .bool(fallsBackToBytes),
      "decoding": Self.serialized(decoding),
      "bos_token": Self.serialized(bosToken), "eos_token": Self.serialized(eosToken),
      "prefix": .array(prefix.map { .integer(Int64($0)) }),
      "suffix": .array(suffix.map { .integer(Int64($0)) }),
      "chat_template": chatTemplate.map(JSON.text) ?? .null,
    ]
    switch ranking {
    case .merges(let pairs):
      json.set("merges", .array(pairs.flatMap { [.integer(Int64($0.left)), .integer(Int64($0.right))] }))
    case .scores(let scores):
      json.set("scores", .array(scores.map { .number(Double($0)) }))
    case .unigram(let scores):
      json.set("unigram_scores", .array(scores.values.map { .number($0) }))
      json.set("single_precision", .bool(scores.isSingle))
    }
    return json
  }

  private static func serialized(_ id: Int32?) -> JSON { id.map { .integer(Int64($0)) } ?? .null }

  private static func serialized(_ token: AddedToken) -> JSON {
    [
      "id": .integer(Int64(token.id)), "content": .string(token.content), "special": .bool(token.isSpecial),
      "lstrip": .bool(token.stripsLeft), "rstrip": .bool(token.stripsRight),
      "single_word": .bool(token.isSingleWord), "normalized": .bool(token.isNormalized),
      "piece": .bool(token.isPiece),
    ]
  }
}

extension TokenizerDefinition {
  /// Reads what `serialized` wrote.
  ///
  /// Throws `corruptData` naming the place, `newerVersion` when a newer Holdfast wrote it.
  init(serialized json: JSON, source: String) throws(HoldfastError) {
    self.init(source: source)
    let node = JSONNode(json, document: source)
    guard try node.member("format").string() == Self.format else {
      throw try node.member("format").wrong("must be '\(Self.format)'")
    }
    let version = try node.member("version").int()
    guard version <= Self.version else {
      throw HoldfastError(
        .newerVersion,
        "\(source): the tokenizer has version \(version), and this Holdfast reads up to \(Self.version); update it"
      )
    }
    let kind = try node.member("symbols").text()
    guard kind == "bytes" || kind == "scalars" else {
      throw try node.member("symbols").wrong("is '\(kind)'; known are bytes and scalars")
    }
    symbols = kind == "bytes" ? .bytes : .scalars
    for token in try node.member("tokens").elements() {
      let written = try token.string()
      tokens.append(symbols == .bytes ? ByteAlphabet.decode(written) : written)
    }
    unmergeable = Set(try Self.ids(try node.member("unmergeable")))
    for token in try node.member("added_tokens").elements() {
      addedTokens.append(try Self.addedToken(token))
    }
    for id in try node.optional("frozen").map(Self.ids) ?? [] { frozen.insert(id) }
    for step in try node.member("normalization").elements() { normalization.append(try Self.step(step)) }
    preTokenizer = try Self.preTokenizer(try node.member("pre_tokenizer"))
    try readRanking(node)
    unknown = try node.optional("unknown_token")?.int32()
    fusesUnknown = try node.member("fuse_unknown").bool()
    ignoresMerges = try node.member("ignore_merges").bool()
    fallsBackToBytes = try node.member("byte_fallback").bool()
    try readDecoding(node)
    bosToken = try node.optional("bos_token")?.int32()
    eosToken = try node.optional("eos_token")?.int32()
    prefix = try Self.ids(try node.member("prefix"))
    suffix = try Self.ids(try node.member("suffix"))
    chatTemplate = try node.optional("chat_template")?.text()
    try validate()
  }

  private static func ids(_ node: JSONNode) throws(HoldfastError) -> [Int32] {
    var ids: [Int32] = []
    for element in try node.elements() { ids.append(try element.int32()) }
    return ids
  }

  private static func numbers(_ node: JSONNode) throws(HoldfastError) -> [Double] {
    var numbers: [Double] = []
    for element in try node.elements() { numbers.append(try element.double()) }
    return numbers
  }

  private static func addedToken(_ node: JSONNode) throws(HoldfastError) -> AddedToken {
    AddedToken(
      id: try node.member("id").int32(), content: try node.member("content").string(),
      isSpecial: try node.member("special").bool(), stripsLeft: try node.member("lstrip").bool(),
      stripsRight: try node.member("rstrip").bool(), isSingleWord: try node.member("single_word").bool(),
      isNormalized: try node.member("normalized").bool(), isPiece: try node.member("piece").bool())
  }

  private mutating func readRanking(_ node: JSONNode) throws(HoldfastError) {
    if let scores = try node.optional("scores") {
      ranking = .scores(try Self.numbers(scores).map(Float.init))
      return
    }
    if let scores = try node.optional("unigram_scores") {
      ranking = .unigram(
        UnigramEncoder.Scores(
          values: try Self.numbers(scores), isSingle: try node.member("single_precision").bool()))
      return
    }
    let ids = try Self.ids(try node.member("merges"))
    guard ids.count % 2 == 0 else { throw try node.member("merges").wrong("must hold two ids a merge") }
    ranking = .merges(
      stride(from: 0, to: ids.count, by: 2).map { Pair(left: ids[$0], right: ids[$0 + 1]) })
  }
}
