import HoldfastStorage
import HoldfastTensor

/// A text whose activations are captured, and the texts that may go on from it.
public struct CaptureItem: Sendable, Equatable {
  /// What names it in the file.
  public var id: String
  /// The tokens of the text, such as a question's prompt; at least one.
  public var prompt: [Int32]
  /// What may follow, such as the tokens of each choice; each is a text of its own behind the prompt.
  public var choices: [[Int32]]
  /// Which of them is the right one, if that is known.
  public var answer: Int?

  /// Makes an item.
  public init(id: String, prompt: [Int32], choices: [[Int32]] = [], answer: Int? = nil) {
    self.id = id
    self.prompt = prompt
    self.choices = choices
    self.answer = answer
  }
}

/// Which tokens' activations are captured.
public enum CapturePositions: Sendable, Equatable {
  /// The last token of the prompt.
  case last
  /// Every token of the prompt.
  case prompt
  /// The tokens of the right choice, behind the prompt.
  case answer
  /// The tokens of every choice, each behind the prompt.
  case choices
  /// Every token of the prompt and of every choice.
  case all
  /// These tokens of the prompt, counted from 0, or from the end where negative.
  case list([Int])

  /// The name of a rule in options.
  static let rules: [(name: String, rule: CapturePositions)] = [
    ("last", .last), ("prompt", .prompt), ("answer", .answer), ("choices", .choices), ("all", .all),
  ]
}

/// One token whose activations are captured.
struct CapturePlace: Equatable {
  /// The choice the token belongs to, or `nil` for the prompt.
  let choice: Int?
  /// Its index in its text, which begins with the prompt.
  let position: Int
}

extension CapturePositions {
  /// The tokens of an item that the rule names, in the order of the file's axis `position`.
  ///
  /// - Throws: `invalidArgument` when the item has no such tokens.
  func places(in item: CaptureItem) throws(HoldfastError) -> [CapturePlace] {
    let prompt = item.prompt.indices.map { CapturePlace(choice: nil, position: $0) }
    let behind = { (choice: Int) in
      item.choices[choice].indices.map { CapturePlace(choice: choice, position: item.prompt.count + $0) }
    }
    switch self {
    case .last: return Array(prompt.suffix(1))
    case .prompt: return prompt
    case .all: return prompt + item.choices.indices.flatMap(behind)
    case .choices:
      guard !item.choices.isEmpty else {
        throw HoldfastError(
          .invalidArgument,
          "it has no choices; capture the positions 'last', 'prompt' or 'all' of plain texts")
      }
      return item.choices.indices.flatMap(behind)
    case .answer:
      guard let answer = item.answer, item.choices.indices.contains(answer) else {
        throw HoldfastError(
          .invalidArgument, "no answer of it is known; capture other positions, or leave it out with a filter"
        )
      }
      return behind(answer)
    case .list(let wanted):
      return try wanted.map { position throws(HoldfastError) in
        let index = position < 0 ? position + prompt.count : position
        guard prompt.indices.contains(index) else {
          throw HoldfastError(
            .invalidArgument, "there is no position \(position) in its prompt of \(prompt.count) tokens")
        }
        return prompt[index]
      }
    }
  }

  /// The rule's name, or the list.
  var json: JSON {
    if case .list(let positions) = self { return .array(positions.map { .int($0) }) }
    return Self.rules.first { $0.rule == self }.map { .text($0.name) } ?? .null
  }
}
