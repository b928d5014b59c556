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
    var best = 0
    for choice in scores.indices where scores[choice] > scores[best] { best = choice }
    predicted = best
  }
}
