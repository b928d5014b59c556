import Glibc

/// What a model answered to one question, with the evidence.
public struct LedgerRow: Sendable, Equatable {
  /// The question's id.
  public var id: String
  /// The index of the right choice, if known.
  public var gold: Int?
  /// The natural log-probability of each choice's scored tokens: their sum for a text, the one token's for a letter.
  public var logProbabilities: [Double]
  /// How many tokens of each choice were scored.
  public var tokenCounts: [Int]
  /// How many Unicode scalars each choice's text has.
  public var characterCounts: [Int]
  /// Each choice's log-probability behind `Answer:` alone; there only when the choices are compared by `pmi`.
  public var unconditional: [Double]?
  /// What the choices are compared by: normalised log-probabilities, or the letters' logits.
  public var scores: [Double]
  /// How many tokens came before the scored ones.
  public var promptTokens: Int
  /// SHA-256, in hexadecimal, of all token sequences computed for this question.
  public var promptDigest: String

  /// The token ids scored of each choice; none in ledgers that do not say.
  public var choiceTokens: [[Int32]] = []
  /// The scores under every prompt of an averaged probe, set by set and rotation by rotation; else none.
  public var variants: [[Double]] = []
  /// How well the model knows the answer, where that was measured.
  public var knowledge: Knowledge?

  /// The index of the best choice; the first on a tie.
  public let predicted: Int
  /// The softmax of `scores` over the question's own choices.
  public let probabilities: [Double]

  /// The probability of the prediction; NaN for a row without choices.
  public var confidence: Double { probabilities.isEmpty ? .nan : probabilities[predicted] }
  /// The natural logarithms of `probabilities`, without their rounding.
  public var choiceLogProbabilities: [Double] { Statistics.logSoftmax(scores) }
  /// Whether the prediction is right; `nil` when the right choice is not known.
  public var isCorrect: Bool? { gold.map { $0 == predicted } }
  /// Log-probabilities for each token scored.
  public var perToken: [Double] { zip(logProbabilities, tokenCounts).map { $0 / Double(max($1, 1)) } }
  /// Log-probabilities for each Unicode scalar of the choice.
  public var perCharacter: [Double] { zip(logProbabilities, characterCounts).map { $0 / Double(max($1, 1)) } }

  /// Makes a row; prediction and probabilities follow from `scores`, one for each choice.
  public init(
    id: String, gold: Int?, logProbabilities: [Double], tokenCounts: [Int], characterCounts: [Int],
    unconditional: [Double]? = nil, scores: [Double], promptTokens: Int, promptDigest: String
  ) {
    self.id = id
    self.gold = gold
    self.logProbabilities = logProbabilities
    self.tokenCounts = tokenCounts
    self.characterCounts = characterCounts
    self.unconditional = unconditional
    self.scores = scores
    self.promptTokens = promptTokens
    self.promptDigest = promptDigest
    probabilities = Statistics.softmax(scores)
    predicted = Self.best(scores)
  }

  /// A row whose probabilities are given and kept to the bit, as published ones must be: scores and log-probabilities
  /// are their logarithms, and nothing is known of tokens.
  init(published probabilities: [Double], id: String, gold: Int?, choices: [String]) {
    self.id = id
    self.gold = gold
    logProbabilities = probabilities.map { log($0) }
    tokenCounts = choices.map { _ in 1 }
    characterCounts = choices.map { $0.unicodeScalars.count }
    scores = logProbabilities
    promptTokens = 0
    promptDigest = ""
    self.probabilities = probabilities
    predicted = Self.best(probabilities)
  }

  /// The index of the largest value, the first on a tie.
  private static func best(_ values: [Double]) -> Int {
    var best = 0
    for choice in values.indices where values[choice] > values[best] { best = choice }
    return best
  }
}
