import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// How many ids without a token a vocabulary may have, beyond as many again as it has tokens.
  private static let freeHoles = 65536

  /// Reads the tokenizer in a Hugging Face directory: `tokenizer.json`, and where there are any
  /// `tokenizer_config.json`, `special_tokens_map.json` and `chat_template.jinja`.
  ///
  /// Throws `notFound` when there is no `tokenizer.json`, `unsupported` naming the part that this build does not have,
  /// `corruptData` naming the place.
  init(huggingFaceDirectory directory: String) throws(HoldfastError) {
    let path = directory + "/tokenizer.json"
    guard FileSystem.exists(path) else {
      throw HoldfastError(
        .notFound,
        "\(directory): there is no tokenizer.json; save the tokenizer with transformers' save_pretrained")
    }
    self.init(source: path)
    let root = JSONNode(try JSON.read(path), document: path)
    let preTokenizer = try HuggingFacePreTokenizer(try root.optional("pre_tokenizer"))
    self.preTokenizer = preTokenizer.rule
    symbols = preTokenizer.isByteLevel ? .bytes : .scalars
    normalization = try Self.normalization(try root.optional("normalizer"))
    try readModel(try root.member("model"))
    for node in try root.optional("added_tokens")?.elements() ?? [] { try readAddedToken(node) }
    try readDecoder(try root.optional("decoder"))
    let template = try Self.template(try root.optional("post_processor"), self)
    prefix = template?.prefix ?? []
    suffix = template?.suffix ?? []
    try readConfiguration(directory)
    try validate()
  }

  private mutating func readModel(_ model: JSONNode) throws(HoldfastError) {
    let type = try model.optional("type")?.text() ?? "BPE"
    guard type == "BPE" else {
      throw HoldfastError(
        .unsupported, "\(source): .model.type is '\(type)'; the only kind known is BPE")
    }
    for key: ByteString in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard try model.optional(key)?.string().isEmpty ?? true else {
        throw HoldfastError(.unsupported, "\(source): .model.\(key) is set, which this build does not have")
      }
    }
    guard try model.optional("dropout")?.double() ?? 0 == 0 else {
      throw HoldfastError(
        .unsupported, "\(source): .model.dropout is set; tokens would be random, so set it to null")
    }
    fallsBackToBytes = try model.optional("byte_fallback")?.bool() ?? false
    guard !(fallsBackToBytes && symbols == .bytes) else {
      throw HoldfastError(
        .unsupported, "\(source): .model.byte_fallback is set although the pre_tokenizer is ByteLevel")
    }
    fusesUnknown = try model.optional("fuse_unk")?.bool() ?? false
    ignoresMerges = try model.optional("ignore_merges")?.bool() ?? false
    let written = try vocabulary(try model.member("vocab"))
    tokens = symbols == .bytes ? written.map(ByteAlphabet.decode) : written
    if let token = try model.optional("unk_token") {
      let content = try token.string()
      guard let id = written.firstIndex(of: content) else {
        throw token.wrong("is '\(content)', which is not in the vocabulary")
      }
      unknown = Int32(exactly: id)
    }
    try readMerges(of: try model.member("merges"), written)
  }

  private func vocabulary(_ node: JSONNode) throws(HoldfastError) -> [ByteString] {
    let members = try node.members()
    let limit = Self.freeHoles + 2 * members.count
    var written: [ByteString] = []
    for (token, value) in members {
      let id = try value.int(in: 0...limit)
      if id >= written.count {
        written.append(contentsOf: repeatElement(ByteString(""), count: id + 1 - written.count))
      }
      guard written[id].isEmpty else {
        throw value.wrong("is \(id), as is that of '\(written[id])'")
      }
      written[id] = token
    }
    return written
  }

  private mutating func readMerges(of node: JSONNode, _ written: [ByteString]) throws(HoldfastError) {
    let elements = try node.elements()
    if elements.first?.json.stringValue != nil {
      var merges: [ByteString] = []
      for element in elements { merges.append(try element.string()) }
      return try readMerges(merges, written)
    }
    var merges: [(left: ByteString, right: ByteString)] = []
    for element in elements {
      let halves = try element.elements()
      guard halves.count == 2 else { throw element.wrong("must be two tokens, and has \(halves.count)") }
      merges.append((try halves[0].string(), try halves[1].string()))
    }
    try readMerges(merges, written)
  }

  private mutating func readAddedToken(_ node: JSONNode) throws(HoldfastError) {
    let content = try node.member("content").string()
    let id = try node.member("id").int(in: 0...(Self.freeHoles + 2 * tokens.count))
    if id >= tokens.count {
      tokens.append(contentsOf: repeatElement(ByteString(""), count: id + 1 - tokens.count))
    }
    let written = symbols == .bytes ? ByteAlphabet.decode(content) : content
    let isPiece = tokens[id] == written
    guard isPiece || tokens[id].isEmpty else {
      throw node.wrong("is '\(content)', and the vocabulary has another token with id \(id)")
    }
    if !isPiece {
      tokens[id] = content
      if let id = Int32(exactly: id) { unmergeable.insert(id) }
    }
    addedTokens.append(
      AddedToken(
        id: Int32(truncatingIfNeeded: id), content: content,
        isSpecial: try node.optional("special")?.bool() ?? false,
        stripsLeft: try node.optional("lstrip")?.bool() ?? false,
        stripsRight: try node.optional("rstrip")?.bool() ?? false,
        isSingleWord: try node.optional("single_word")?.bool() ?? false,
        isNormalized: try node.optional("normalized")?.bool() ?? false, isPiece: isPiece))
  }
}
