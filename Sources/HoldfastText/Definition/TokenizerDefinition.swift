import HoldfastStorage
import HoldfastTensor

/// All that makes a tokenizer, as read from any of its files.
struct TokenizerDefinition: Sendable {
  /// What decides which neighbours merge.
  enum Ranking: Sendable, Hashable {
    /// A list of pairs of ids, the earliest first.
    case merges([Pair])
    /// A score per token: of the pairs that together are a token, the one with the best score merges first.
    case scores([Float])
    /// Not merging at all, but the tokens whose scores add up to the most.
    case unigram(UnigramEncoder.Scores)
  }

  /// Two ids that merge.
  struct Pair: Sendable, Hashable {
    var left: Int32
    var right: Int32
  }

  /// Where it comes from, for messages.
  var source: String
  /// What a word is made of before anything merges.
  var symbols = BytePairEncoder.Symbols.bytes
  /// The bytes of every token by id. For `scalars` `▁` stands for a space and `<0x0A>` for a byte; empty when there is
  /// no such token.
  var tokens: [ByteString] = []
  /// Ids whose token is never the outcome of merging.
  var unmergeable: Set<Int32> = []
  /// Unmergeable ids that are taken whole wherever they stand in a word: SentencePiece's user-defined symbols.
  var frozen: Set<Int32> = []
  var ranking = Ranking.merges([])
  var addedTokens: [AddedToken] = []
  var normalization: [NormalizationStep] = []
  var preTokenizer = PreTokenizer()
  /// The token for what has none.
  var unknown: Int32?
  /// Whether neighbouring unknowns become one.
  var fusesUnknown = false
  /// Whether a word that is a token is taken as it is, without merging.
  var ignoresMerges = false
  /// Whether scalars without a token become the tokens of their bytes.
  var fallsBackToBytes = false
  /// How tokens of `scalars` become text again.
  var decoding = DecodingRule()
  var bosToken: Int32?
  var eosToken: Int32?
  /// The ids its configuration puts before a text.
  var prefix: [Int32] = []
  /// The ids its configuration puts behind a text.
  var suffix: [Int32] = []
  var chatTemplate: String?

  /// How many times as long normalisation may make a text.
  private static let growthLimit = 64

  /// The name of the rule that cuts words.
  var preTokenizerName: String {
    if symbols == .scalars {
      if case .unigram = ranking { return "unigram" }
      return "sentencepiece"
    }
    let known = KnownRule.all.filter { $0.preTokenizer == preTokenizer }
    let exact = known.first { $0.normalization == normalization && $0.ignoresMerges == ignoresMerges }
    return (exact ?? known.first)?.names.first?.text ?? "custom"
  }

  /// The error that says what is wrong with the file.
  func corrupt(_ message: String) -> HoldfastError { HoldfastError(.corruptData, "\(source): \(message)") }

  /// Throws `corruptData` when an id is none of this vocabulary or a text is not UTF-8.
  func validate() throws(HoldfastError) {
    guard !tokens.isEmpty else { throw corrupt("the vocabulary is empty") }
    var size = 0
    for token in tokens { size += token.count }
    guard size < 1 << 30 else {
      throw corrupt("the vocabulary holds \(size) bytes; at most 1 GiB is allowed")
    }
    try check(bosToken, "the beginning-of-sequence token")
    try check(eosToken, "the end-of-sequence token")
    try check(unknown, "the unknown token")
    for id in prefix + suffix { try check(id, "a token put around the text") }
    for token in addedTokens {
      try check(token.id, "added token '\(token.content)'")
      guard !token.content.isEmpty else { throw corrupt("added token \(token.id) has no text") }
      guard token.content.validText != nil else { throw corrupt("added token \(token.id) is not UTF-8") }
    }
    if case .merges(let pairs) = ranking {
      for pair in pairs {
        try check(pair.left, "a merge's left token")
        try check(pair.right, "a merge's right token")
      }
    }
    if case .scores(let scores) = ranking { try check(scores.map(Double.init)) }
    if case .unigram(let scores) = ranking { try check(scores.values) }
    for id in frozen { try check(id, "a user-defined symbol") }
    try checkGrowth()
  }

  private func check(_ scores: [Double]) throws(HoldfastError) {
    guard scores.count == tokens.count else {
      throw corrupt("there are \(scores.count) scores for \(tokens.count) tokens")
    }
    if let bad = scores.firstIndex(where: { !$0.isFinite || abs($0) > 1e30 }) {
      throw corrupt("the score of token \(bad) is \(scores[bad])")
    }
  }

  /// Throws when normalisation could make a text very much longer.
  private func checkGrowth() throws(HoldfastError) {
    var total = 1
    for step in normalization {
      let (factor, bytes) = step.growth
      total = total.multipliedReportingOverflow(by: factor).partialValue
      guard factor <= Self.growthLimit, total > 0, total <= Self.growthLimit * 64, bytes <= Self.growthLimit
      else {
        throw corrupt("the normalizer makes a text more than \(Self.growthLimit) times as long")
      }
    }
  }

  private func check(_ id: Int32?, _ what: String) throws(HoldfastError) {
    guard let id else { return }
    guard id >= 0, Int(id) < tokens.count else {
      throw corrupt("\(what) has id \(id), and the vocabulary has ids 0 to \(tokens.count - 1)")
    }
  }
}
