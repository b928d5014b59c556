public import HoldfastStorage
public import HoldfastTensor

/// Turns text into token ids and back: byte-level and SentencePiece's BPE and unigram with their real pre-tokenisation rules.
///
/// Ids are those of Hugging Face `tokenizers` with the same file. A tokenizer never changes and may be used from many
/// threads at once.
public final class Tokenizer: Sendable {
  let definition: TokenizerDefinition
  let encoder: WordEncoder
  /// Added tokens that are looked for in the text as it is, and in the normalised text.
  let rawMatcher: AddedTokenMatcher
  let normalizedMatcher: AddedTokenMatcher
  let specialTokens: Set<Int32>
  let decodedTokens: [ByteString]
  /// Ids that stand for one byte of a character that has no token of its own.
  let fallbackBytes: Set<Int32>
  /// Whether a rule changes the text while it cuts it.
  let rewritesWords: Bool
  let states = EncodingStates()

  /// How many ids there are; ids run from 0 to one below.
  public var vocabularySize: Int { definition.tokens.count }
  /// The id that begins a sequence, if there is one.
  public var bosToken: Int32? { definition.bosToken }
  /// The id that ends a sequence, if there is one.
  public var eosToken: Int32? { definition.eosToken }
  /// Whether the tokenizer's own configuration puts its BOS before a text.
  public var addsBOS: Bool { bosToken.map { definition.prefix.first == $0 } ?? false }
  /// The name of the rule that cuts words: `gpt-2`, `smollm`, `llama-bpe`, `qwen2`, `deepseek-v3`, `sentencepiece` …
  public var preTokenizerName: String { definition.preTokenizerName }
  /// The chat template of the model, in Jinja, if its files hold one.
  public var chatTemplate: String? { definition.chatTemplate }

  /// Reads the tokenizer of a GGUF file.
  ///
  /// Throws `unsupported` naming a kind or rule that is not known, together with those that are; `corruptData` when the
  /// file's entries contradict each other.
  public convenience init(gguf: GGUFFile) throws(HoldfastError) {
    try self.init(TokenizerDefinition(gguf))
  }

  /// Reads `tokenizer.json`, or else SentencePiece's `tokenizer.model`, and what belongs to it in a Hugging Face directory.
  ///
  /// Throws `notFound` when there is neither, `unsupported` naming the part that is not known, `corruptData` naming the
  /// place in the file.
  public convenience init(huggingFaceDirectory directory: String) throws(HoldfastError) {
    try self.init(TokenizerDefinition(huggingFaceDirectory: directory))
  }

  /// Reads the tokenizer of a GGUF file, a Hugging Face directory, a `tokenizer.json` (with the configuration beside it) or a
  /// SentencePiece model alone.
  ///
  /// Throws as the other initialisers do.
  public convenience init(path: String) throws(HoldfastError) {
    if FileSystem.isDirectory(path) {
      try self.init(huggingFaceDirectory: path)
      return
    }
    let first = try MappedFile(path: path).withBytes { bytes in
      bytes.starts(with: "GGUF".utf8) ? UInt8(ascii: "G") : bytes.first { $0 > 0x20 }
    }
    switch first {
    case UInt8(ascii: "G"): try self.init(gguf: GGUFFile(path: path))
    case UInt8(ascii: "{"):
      try self.init(TokenizerDefinition(tokenizerJSON: path, directory: FileSystem.parent(of: path) ?? "."))
    default: try self.init(TokenizerDefinition(sentencePieceModel: path, directory: nil))
    }
  }

  /// Reads what `serialized` made; `source` is named in messages.
  public convenience init(
    serialized json: JSON, source: String = "stored tokenizer"
  ) throws(HoldfastError) {
    try self.init(TokenizerDefinition(serialized: json, source: source))
  }

  /// Reads the content of a Hugging Face `tokenizer.json`, and of the `tokenizer_config.json` beside it if there is one;
  /// `source` is named in messages.
  public convenience init(
    huggingFace json: JSON, configuration: JSON?, source: String
  ) throws(HoldfastError) {
    try self.init(TokenizerDefinition(huggingFace: json, configuration: configuration, source: source))
  }

  init(_ definition: TokenizerDefinition) throws(HoldfastError) {
    self.definition = definition
    encoder = try definition.makeEncoder()
    rewritesWords = definition.preTokenizer.rewrites
    let (normalized, raw) = (
      definition.addedTokens.filter(\.isNormalized), definition.addedTokens.filter { !$0.isNormalized }
    )
    rawMatcher = AddedTokenMatcher(raw.map { ($0.content.bytes, $0) })
    var entries: [(text: [UInt8], token: AddedToken)] = []
    for token in normalized {
      entries.append((try Self.normalize(token.content.bytes, definition.normalization), token))
    }
    normalizedMatcher = AddedTokenMatcher(entries)
    (decodedTokens, fallbackBytes) = try Self.decoded(definition)
    specialTokens = Set(definition.addedTokens.filter(\.isSpecial).map(\.id))
  }

  /// All that is needed to make this tokenizer again, as checkpoints store it.
  public func serialized() -> JSON { definition.serialized() }

  static func normalize(_ text: [UInt8], _ steps: [NormalizationStep]) throws(HoldfastError) -> [UInt8] {
    var text = text
    for step in steps { text = try step.apply(text) }
    return text
  }

  /// Whether an id is a token that steers the model rather than text.
  public func isSpecial(_ id: Int32) -> Bool { specialTokens.contains(id) }

  /// The id of the token with exactly this text, special or not, or `nil`: `<|im_end|>`.
  public func id(of text: String) -> Int32? {
    let bytes = ByteString(text)
    if let added = definition.addedTokens.first(where: { $0.content == bytes }) { return added.id }
    return definition.tokens.firstIndex(of: bytes).flatMap(Int32.init(exactly:))
  }
}
