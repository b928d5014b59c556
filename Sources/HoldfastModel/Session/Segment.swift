/// A run of tokens in a ragged batch, alone or behind others: prompts that begin alike form a tree.
public struct Segment {
  /// What a segment goes on from.
  public enum Parent {
    /// An earlier segment of the same batch, by index.
    case batch(Int)
    /// Tokens computed before.
    case cache(KeyValueCache)
  }

  /// Which of its tokens' outputs are wanted.
  public enum Outputs: Equatable {
    /// None: others go on from it.
    case none
    /// The last token's.
    case last
    /// Every token's.
    case all
    /// These tokens', by index in the segment, in this order.
    case rows([Int])
  }

  /// The tokens; at least one.
  public var tokens: [Int32]
  /// What comes before them, or `nil` at the beginning of a text.
  public var parent: Parent?
  /// Which outputs are wanted.
  public var outputs: Outputs
  /// How many tokens of the text, from its beginning, are the prompt, for interventions that count from the prompt's end;
  /// `nil` for all up to the segment's end.
  public var promptLength: Int?

  /// Makes a segment.
  public init(
    _ tokens: [Int32], after parent: Parent? = nil, outputs: Outputs = .last, promptLength: Int? = nil
  ) {
    self.promptLength = promptLength
    self.tokens = tokens
    self.parent = parent
    self.outputs = outputs
  }
}
