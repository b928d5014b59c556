/// One example to learn from: tokens and the labels the loss is taken at.
public struct TrainingExample: Sendable, Equatable {
  /// Names the example in messages.
  public var id: String
  /// The tokens.
  public var tokens: [Int32]
  /// As many labels: the token itself where it is learned, -100 where it is not.
  public var labels: [Int32]

  /// Makes an example.
  public init(id: String, tokens: [Int32], labels: [Int32]) {
    self.id = id
    self.tokens = tokens
    self.labels = labels
  }
}
