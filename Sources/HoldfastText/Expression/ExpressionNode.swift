/// The syntax tree of a regular expression.
indirect enum ExpressionNode: Sendable {
  /// How a repetition chooses.
  enum Greed: Sendable { case greedy, lazy, possessive }
  /// A place rather than a character.
  enum Anchor: Sendable {
    case lineStart, lineEnd, textStart, textEnd, textEndOrLastLine, wordBoundary, noWordBoundary
  }

  /// Nothing.
  case empty
  /// One scalar of a set.
  case set(ScalarSet)
  /// One after the other.
  case sequence([ExpressionNode])
  /// The first that leads to a match.
  case alternatives([ExpressionNode])
  /// A repetition; `most` is nil without a limit.
  case repetition(ExpressionNode, least: Int, most: Int?, Greed)
  /// What must, or must not, follow.
  case ahead(ExpressionNode, negated: Bool)
  /// One scalar that must, or must not, come before.
  case behind(ScalarSet, negated: Bool)
  /// What is not tried again once it has matched.
  case atomic(ExpressionNode)
  case anchor(Anchor)

  /// Whether it may match without a character.
  var mayBeEmpty: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
    case .alternatives(let choices): choices.contains(where: \.mayBeEmpty)
    case .repetition(let body, let least, _, _): least == 0 || body.mayBeEmpty
    case .atomic(let body): body.mayBeEmpty
    case .empty, .ahead, .behind, .anchor: true
    }
  }

  /// The scalars that a match can begin with, or `nil` when it may be empty.
  var first: ScalarSet? {
    switch self {
    case .set(let set): return set
    case .alternatives(let choices):
      var result = ScalarSet()
      for choice in choices {
        guard let set = choice.first else { return nil }
        result = result.union(set)
      }
      return result
    case .sequence(let parts):
      var result = ScalarSet()
      for part in parts {
        if let set = part.first { return result.union(set) }
        guard let set = part.passable else { return nil }
        result = result.union(set)
      }
      return nil
    case .repetition(let body, let least, _, _): return least > 0 ? body.first : nil
    case .atomic(let body): return body.first
    case .empty, .ahead, .behind, .anchor: return nil
    }
  }

  /// What something that may be empty can begin with when it is not.
  private var passable: ScalarSet? {
    switch self {
    case .empty, .ahead, .behind, .anchor: return ScalarSet()
    case .repetition(let body, _, _, _): return body.first ?? body.passable
    case .atomic(let body): return body.first ?? body.passable
    case .alternatives(let choices):
      var result = ScalarSet()
      for choice in choices {
        guard let set = choice.first ?? choice.passable else { return nil }
        result = result.union(set)
      }
      return result
    case .sequence(let parts):
      var result = ScalarSet()
      for part in parts {
        guard let set = part.first ?? part.passable else { return nil }
        result = result.union(set)
      }
      return result
    case .set(let set): return set
    }
  }
}
