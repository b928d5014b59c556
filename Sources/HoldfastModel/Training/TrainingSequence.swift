public import HoldfastTensor

/// One text to learn from: tokens, and the labels the loss is taken at.
public struct TrainingSequence: Sendable, Equatable {
  /// A label the loss leaves out.
  public static let ignored: Int32 = -100

  /// The tokens.
  public var tokens: [Int32]
  /// As many labels; `labels[t]` is what should come at `t`, as in Hugging Face, or `ignored`. The first one has no
  /// row before it to be predicted from, and is never counted.
  public var labels: [Int32]

  /// Makes a sequence.
  public init(tokens: [Int32], labels: [Int32]) {
    self.tokens = tokens
    self.labels = labels
  }

  /// How many labels count.
  public var targetCount: Int { labels.dropFirst().reduce(0) { $0 + ($1 == Self.ignored ? 0 : 1) } }

  /// Throws unless the sequence can be learned from by a model of that configuration.
  public func validate(_ c: ModelConfiguration) throws(HoldfastError) {
    guard tokens.count == labels.count else {
      throw HoldfastError(
        .invalidArgument, "\(tokens.count) tokens come with \(labels.count) labels; there must be as many")
    }
    guard tokens.count <= c.contextLength else {
      throw HoldfastError(
        .contextLength,
        "a sequence of \(tokens.count) tokens does not fit the model's context of \(c.contextLength)")
    }
    for (i, token) in tokens.enumerated() where token < 0 || Int(token) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "token \(token) at index \(i) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
    for (i, label) in labels.enumerated()
    where label != Self.ignored && (label < 0 || Int(label) >= c.vocabularySize) {
      throw HoldfastError(
        .invalidArgument,
        "label \(label) at index \(i) is outside the vocabulary 0..<\(c.vocabularySize) and not \(Self.ignored)"
      )
    }
    guard targetCount > 0 else {
      throw HoldfastError(
        .invalidArgument, "the sequence has no target: every label after the first is \(Self.ignored)")
    }
  }
}
