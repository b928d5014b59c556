import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads a SentencePiece `tokenizer.model`, and from `directory` the configuration and tokens added beside it.
  ///
  /// The ids are those of `sentencepiece`; a BOS is put before a text unless the configuration says otherwise, as
  /// transformers does for Llama and Mistral. Throws `corruptData` naming the byte, `unsupported` for models of words.
  init(sentencePieceModel path: String, directory: String?) throws(HoldfastError) {
    self.init(source: path)
    let model = try SentencePieceModel(path: path)
    symbols = .scalars
    fallsBackToBytes = model.fallsBackToBytes
    fusesUnknown = true
    normalization = [.sentencePiece(model.normalizer)]
    decoding = .sentencePiece(
      joinsBytes: model.fallsBackToBytes,
      strippedSpaces: model.normalizer.addsDummyPrefix && !model.normalizer.putsSpaceBehind ? 1 : 0)
    for (place, piece) in model.pieces.enumerated() {
      guard let id = Int32(exactly: place) else { throw corrupt("the vocabulary has more than 2^31 pieces") }
      tokens.append(piece.text)
      if piece.kind != .normal { unmergeable.insert(id) }
      if piece.kind == .userDefined, !piece.text.isEmpty { frozen.insert(id) }
      if piece.kind == .control || piece.kind == .unknown, !piece.text.isEmpty {
        addedTokens.append(AddedToken(id: id, content: piece.text, isSpecial: true))
      }
    }
    switch model.algorithm {
    case .bytePair: ranking = .scores(model.pieces.map(\.score))
    case .unigram:
      ranking = .unigram(UnigramEncoder.Scores(values: model.pieces.map { Double($0.score) }, isSingle: true))
    case .word, .character:
      throw HoldfastError(
        .unsupported, "\(path): the model is one of \(model.algorithm)s; known are unigram and bytePair")
    }
    func existing(_ id: Int32) -> Int32? { id >= 0 && Int(id) < tokens.count ? id : nil }
    (unknown, bosToken, eosToken) = (existing(model.unknown), existing(model.bos), existing(model.eos))
    prefix = bosToken.map { [$0] } ?? []
    if let directory {
      try readAddedTokens(directory)
      try readConfiguration(directory)
    }
    try validate()
  }

  /// Reads tokens added to the model: `added_tokens_decoder` of the configuration, or `added_tokens.json`.
  private mutating func readAddedTokens(_ directory: String) throws(HoldfastError) {
    let configuration = directory + "/tokenizer_config.json"
    if FileSystem.exists(configuration) {
      let node = JSONNode(try JSON.read(configuration), document: configuration)
      // With legacy off the dummy space comes at the beginning of the text only, not behind every special token.
      if try node.optional("legacy")?.bool() == false { putDummySpaceFirst() }
      for (key, token) in try node.optional("added_tokens_decoder")?.members() ?? [] {
        guard let id = Int32(key.text) else { throw token.wrong("has a key that is no id") }
        try add(
          AddedToken(
            id: id, content: try token.member("content").string(),
            isSpecial: try token.optional("special")?.bool() ?? false,
            stripsLeft: try token.optional("lstrip")?.bool() ?? false,
            stripsRight: try token.optional("rstrip")?.bool() ?? false,
            isSingleWord: try token.optional("single_word")?.bool() ?? false), token)
      }
    }
    let path = directory + "/added_tokens.json"
    guard FileSystem.exists(path) else { return }
    for (content, id) in try JSONNode(try JSON.read(path), document: path).members() {
      try add(AddedToken(id: try id.int32(), content: content, isSpecial: true), id)
    }
  }

  private mutating func putDummySpaceFirst() {
    guard case .sentencePiece(var normalizer) = normalization.first, normalizer.addsDummyPrefix,
      !normalizer.putsSpaceBehind
    else { return }
    normalizer.addsDummyPrefix = false
    normalization = [.sentencePiece(normalizer)]
    preTokenizer.steps = [.metaspace(replacement: "▁", prepend: .first, splits: false)]
  }

  private mutating func add(_ token: AddedToken, _ node: JSONNode) throws(HoldfastError) {
    guard !addedTokens.contains(where: { $0.content == token.content }) else {
      for place in addedTokens.indices where addedTokens[place].content == token.content {
        addedTokens[place].stripsLeft = token.stripsLeft
        addedTokens[place].stripsRight = token.stripsRight
      }
      return
    }
    guard token.id >= 0, Int(token.id) <= 2 * tokens.count + 65536 else {
      throw node.wrong("has id \(token.id)")
    }
    let count = tokens.count
    let holes = Int(token.id) + 1 - count
    if holes > 0 {
      for id in count..<count + holes { unmergeable.insert(Int32(truncatingIfNeeded: id)) }
      tokens += Array(repeating: "", count: holes)
      switch ranking {
      case .scores(let scores): ranking = .scores(scores + Array(repeating: 0, count: holes))
      case .unigram(var scores):
        scores.values += Array(repeating: 0, count: holes)
        ranking = .unigram(scores)
      case .merges: break
      }
    }
    let place = Int(token.id)
    guard tokens[place].isEmpty || tokens[place] == token.content else {
      throw node.wrong("is '\(token.content)', and the vocabulary has another token with id \(token.id)")
    }
    tokens[place] = token.content
    addedTokens.append(token)
  }
}
