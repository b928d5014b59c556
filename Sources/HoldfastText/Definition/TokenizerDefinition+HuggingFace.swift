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
      let model = directory + "/tokenizer.model"
      guard FileSystem.exists(model) else {
        throw HoldfastError(
          .notFound,
          "\(directory): there is no tokenizer.json and no tokenizer.model; save the tokenizer with transformers' "
            + "save_pretrained")
      }
      try self.init(sentencePieceModel: model, directory: directory)
      return
    }
    try self.init(tokenizerJSON: path, directory: directory)
  }

  /// Reads a `tokenizer.json` and the configuration in `directory`.
  init(tokenizerJSON path: String, directory: String) throws(HoldfastError) {
    self.init(source: path)
    try readDefinition(JSONNode(try JSON.read(path), document: path))
    try readConfiguration(directory)
    try validate()
  }

  /// Reads the content of a `tokenizer.json`, and that of the `tokenizer_config.json` beside it if there is one.
  init(huggingFace root: JSON, configuration: JSON?, source: String) throws(HoldfastError) {
    self.init(source: source)
    try readDefinition(JSONNode(root, document: source))
    let configuration = configuration.map { JSONNode($0, document: "\(source)_config") }
    try readTokens(configuration, nil)
    chatTemplate = try configuration.flatMap(ChatTemplate.template)
    try validate()
  }

  private mutating func readDefinition(_ root: JSONNode) throws(HoldfastError) {
    let preTokenizer = try HuggingFacePreTokenizer(try root.optional("pre_tokenizer"))
    self.preTokenizer = preTokenizer.rules
    symbols = preTokenizer.isByteLevel ? .bytes : .scalars
    normalization = try Self.normalization(try root.optional("normalizer"))
    try readModel(try root.member("model"))
    for node in try root.optional("added_tokens")?.elements() ?? [] { try readAddedToken(node) }
    try readDecoder(try root.optional("decoder"))
    let template = try Self.template(try root.optional("post_processor"), self)
    prefix = template?.prefix ?? []
    suffix = template?.suffix ?? []
  }

  private mutating func readModel(_ model: JSONNode) throws(HoldfastError) {
    let hasMerges = try model.optional("merges") != nil
    let type = try model.optional("type")?.text() ?? (hasMerges ? "BPE" : "Unigram")
    if type == "Unigram" { return try readUnigram(model) }
    guard type == "BPE" else {
      throw HoldfastError(
        .unsupported, "\(source): .model.type is '\(type)'; known kinds are BPE and Unigram")
    }
    for key: ByteString in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard try model.optional(key)?.string().isEmpty ?? true else {
        throw HoldfastError(.unsupported, "\(source): .model.\(key) is set, which this build does not have")
      }
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

  private mutating func readUnigram(_ model: JSONNode) throws(HoldfastError) {
    guard symbols == .scalars else {
      throw HoldfastError(
        .unsupported, "\(source): .model is Unigram although the pre_tokenizer is ByteLevel")
    }
    fallsBackToBytes = try model.optional("byte_fallback")?.bool() ?? false
    var scores = UnigramEncoder.Scores(values: [])
    for entry in try model.member("vocab").elements() {
      let parts = try entry.elements()
      guard parts.count == 2 else { throw entry.wrong("must be a token and its score") }
      tokens.append(try parts[0].string())
      scores.values.append(try parts[1].double())
    }
    if let id = try model.optional("unk_id")?.int(in: 0...max(0, tokens.count - 1)) {
      unknown = Int32(exactly: id)
    }
    ranking = .unigram(scores)
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
    let holes = id + 1 - tokens.count
    if holes > 0 {
      tokens.append(contentsOf: repeatElement(ByteString(""), count: holes))
      if case .unigram(var scores) = ranking {
        scores.values += Array(repeating: 0, count: holes)
        ranking = .unigram(scores)
      }
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
