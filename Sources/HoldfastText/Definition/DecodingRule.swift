import HoldfastStorage

/// How tokens made of characters become text again.
struct DecodingRule: Sendable, Hashable {
  /// A text that stands for another in tokens.
  struct Replacement: Sendable, Hashable {
    var old: ByteString
    var new: ByteString
  }

  /// What is replaced in every token, in order: usually `▁` with a space.
  var replacements: [Replacement] = []
  /// Whether tokens written `<0x0A>` are bytes, neighbouring ones of which are put together.
  var joinsBytes = false
  /// How many spaces at the beginning of a text are taken away.
  var strippedSpaces = 0
  /// What the first token loses altogether (Hugging Face's `Metaspace`).
  var droppedFromFirst: ByteString?

  /// The rule of SentencePiece: `▁` is a space.
  static func sentencePiece(joinsBytes: Bool, strippedSpaces: Int) -> DecodingRule {
    DecodingRule(
      replacements: [Replacement(old: "▁", new: " ")], joinsBytes: joinsBytes, strippedSpaces: strippedSpaces)
  }

  /// The text of one token.
  func apply(_ token: [UInt8]) -> [UInt8] {
    replacements.reduce(token) { NormalizationStep.replace($1.old.bytes, $1.new.bytes, in: $0) }
  }
}
