public import HoldfastTensor

/// A multiple-choice question.
public struct Question: Sendable, Equatable {
  /// What names the question in ledgers; unique in its set.
  public var id: String
  /// The question itself.
  public var question: String
  /// The texts of 2 to 26 choices.
  public var choices: [String]
  /// The index of the right choice, or `nil` when the set does not say.
  public var answer: Int?
  /// Why the answer is right, if the set says so; trained behind the answer.
  public var explanation: String?
  /// The knowledge needed to answer, if the set gives it; no probe shows it.
  public var context: String?
  /// What the question is about, such as a subject of MMLU: its questions are resampled together.
  public var subject: String?

  /// Makes a question; nothing is checked before `validate`.
  public init(
    id: String, question: String, choices: [String], answer: Int?, explanation: String? = nil,
    context: String? = nil, subject: String? = nil
  ) {
    self.id = id
    self.question = question
    self.choices = choices
    self.answer = answer
    self.explanation = explanation
    self.context = context
    self.subject = subject
  }

  /// The most choices a question may have: one for each letter.
  public static let choiceLimit = 26

  /// The letter of a choice: `A` for 0.
  public static func letter(_ choice: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "A") + UInt8(clamping: min(max(choice, 0), choiceLimit - 1))))
  }

  /// The text of the right choice.
  public var answerText: String? { answer.map { choices[$0] } }

  /// Throws `invalidArgument` that names `place` and says what to do when the question cannot be probed.
  public func validate(at place: String) throws(HoldfastError) {
    guard !question.isBlank else {
      throw Self.error(place, "the question is empty; give it a text or remove it")
    }
    guard choices.count >= 2 else {
      throw Self.error(
        place,
        "a question needs at least 2 choices and has \(choices.count); add choices or remove the question")
    }
    guard choices.count <= Self.choiceLimit else {
      throw Self.error(
        place,
        "a question may have at most \(Self.choiceLimit) choices, one for each letter, and has "
          + "\(choices.count); remove some")
    }
    if let empty = choices.firstIndex(where: \.isBlank) {
      throw Self.error(place, "choice \(empty) is empty; every choice needs a text")
    }
    if let answer, !choices.indices.contains(answer) {
      throw Self.error(
        place,
        "answer \(answer) is out of range: with \(choices.count) choices it must be 0 to "
          + "\(choices.count - 1), counted from 0")
    }
  }

  private static func error(_ place: String, _ message: String) -> HoldfastError {
    HoldfastError(.invalidArgument, "\(place): \(message)")
  }
}

extension String {
  /// Whether there is nothing but white space.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
