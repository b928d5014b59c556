import HoldfastStorage
import HoldfastTensor

/// How a text is cut into words before tokens are looked for within each: steps, each cutting what the one before left.
struct PreTokenizer: Sendable, Hashable {
  /// One step.
  enum Step: Sendable, Hashable {
    /// Numbers are parts of their own, digit by digit or run by run.
    case digits(individual: Bool)
    /// One of the published expressions, every match a part of its own.
    case pattern(Pattern)
    /// Any expression.
    case expression(Expression, Split)
    /// A text.
    case literal(ByteString, Split)
    /// Characters that are punctuation.
    case punctuation(Split)
    /// Words, and runs of other characters, without the white space between (`\w+|[^\w\s]+`).
    case words
    /// What stands between white space.
    case whiteSpace
    /// A space before every part that does not begin with one.
    case prefixSpace
    /// Spaces become `replacement`, one is put before the text, and each begins a part.
    case metaspace(replacement: ByteString, prepend: Prepend, splits: Bool)
  }

  /// What becomes of the matches of a step.
  struct Split: Sendable, Hashable {
    /// Where a match goes.
    enum Behavior: String, Sendable, CaseIterable {
      case removed = "Removed"
      case isolated = "Isolated"
      case mergedWithPrevious = "MergedWithPrevious"
      case mergedWithNext = "MergedWithNext"
      case contiguous = "Contiguous"
    }

    var behavior = Behavior.isolated
    /// Whether what lies between matches is meant instead.
    var isInverted = false
  }

  /// Before which parts a replaced space is put.
  enum Prepend: String, Sendable, CaseIterable { case always, first, never }

  /// The steps in order.
  var steps: [Step] = []

  /// Whether a step changes the text, so that the words lie in another one.
  var rewrites: Bool {
    steps.contains { step in
      switch step {
      case .prefixSpace, .metaspace: true
      default: false
      }
    }
  }
}
