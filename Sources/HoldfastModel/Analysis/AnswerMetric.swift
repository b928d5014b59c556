import Glibc
import HoldfastTensor

/// What is read off the logits behind the last token of a prompt.
public struct AnswerMetric: Sendable, Equatable {
  /// Which number it is.
  public enum Kind: String, Sendable, CaseIterable {
    /// The answer's probability.
    case probability
    /// Its natural log-probability.
    case logProbability = "log_probability"
    /// Its logit less the other token's.
    case logitDifference = "logit_difference"
  }

  /// Which number it is.
  public var kind: Kind
  /// The answer's token.
  public var answer: Int32
  /// The token it is held against in a difference of logits.
  public var other: Int32?

  /// Makes a metric.
  public init(_ kind: Kind = .probability, answer: Int32, other: Int32? = nil) {
    self.kind = kind
    self.answer = answer
    self.other = other
  }

  func validate(_ c: ModelConfiguration) throws(HoldfastError) {
    guard (kind == .logitDifference) == (other != nil) else {
      throw HoldfastError(
        .invalidArgument, "a difference of logits needs another token, and nothing else takes one")
    }
    for token in [answer, other ?? answer] where token < 0 || Int(token) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "the token \(token) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
  }

  /// The metric of each row of logits [R,V].
  func values(_ logits: Tensor, _ runtime: Runtime) -> [Double] {
    let rows = logits.shape[0]
    if let other {
      return (0..<rows).map {
        Double(logits.row($0)[Int(answer)]) - Double(logits.row($0)[Int(other)])
      }
    }
    let scores = runtime.logSoftmax(logits, pick: (0..<rows).map { ($0, answer) })
    return scores.map { kind == .probability ? exp(Double($0)) : Double($0) }
  }

  /// Turns the logits [1,V] into the gradient of the metric with respect to them.
  func differentiate(_ logits: Tensor, _ runtime: Runtime) {
    if let other {
      logits.fill(0)
      logits[Int(answer)] += 1
      logits[Int(other)] -= 1
      return
    }
    // d log p / d logits = one-hot - p, and dp = p d log p.
    runtime.softmax(logits)
    let probability = logits[Int(answer)]
    runtime.scale(logits, by: -1)
    logits[Int(answer)] += 1
    if kind == .probability { runtime.scale(logits, by: probability) }
  }
}
