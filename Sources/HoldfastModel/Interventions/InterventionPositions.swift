import HoldfastTensor

/// The tokens an intervention changes, by their place in the text; places below 0 count from the end of the prompt.
///
/// The prompt is all of a text that is computed at once, the question of a probe without its choices, and what a generation
/// begins with. What comes behind it is the continuation.
public enum InterventionPositions: Sendable, Equatable {
  /// Every token.
  case all
  /// The tokens of the prompt.
  case prompt
  /// The tokens behind the prompt.
  case continuation
  /// These tokens.
  case at([Int])
  /// The tokens from one place up to, and without, another; `nil` goes on to the end of the text.
  case range(from: Int, to: Int?)

  /// The last token of the prompt.
  public static let last = InterventionPositions.at([-1])

  func validate() throws(HoldfastError) {
    switch self {
    case .at(let places) where places.isEmpty:
      throw HoldfastError(.invalidArgument, "an empty list of positions selects nothing")
    case .range(let from, let to?) where (from < 0) == (to < 0) && from >= to:
      throw HoldfastError(.invalidArgument, "positions from \(from) to \(to) are none")
    default: return
    }
  }

  /// Whether it matters where the prompt ends.
  var needsPromptEnd: Bool {
    switch self {
    case .all: false
    case .prompt, .continuation: true
    case .at(let places): places.contains { $0 < 0 }
    case .range(let from, let to): from < 0 || (to ?? 0) < 0
    }
  }

  /// Whether a token is among them.
  ///
  /// - Parameters:
  ///   - place: where the token is in its text.
  ///   - prompt: how many tokens the prompt has.
  func contains(_ place: Int, prompt: Int) -> Bool {
    switch self {
    case .all: true
    case .prompt: place < prompt
    case .continuation: place >= prompt
    case .at(let places): places.contains { ($0 < 0 ? $0 + prompt : $0) == place }
    case .range(let from, let to):
      place >= (from < 0 ? max(0, from + prompt) : from)
        && to.map { place < ($0 < 0 ? $0 + prompt : $0) } ?? true
    }
  }

  /// Throws `invalidArgument` when a prompt of that many tokens has no such place.
  func check(prompt: Int) throws(HoldfastError) {
    guard case .at(let places) = self, let first = places.min(), first < -prompt else { return }
    throw HoldfastError(
      .invalidArgument, "position \(first) lies before the beginning of a prompt of \(prompt) tokens")
  }
}
