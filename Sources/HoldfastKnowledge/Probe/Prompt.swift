import HoldfastTensor
import HoldfastText

/// Writes the text that comes before an answer.
struct PromptWriter {
  let options: ProbeOptions
  private let head: String
  private let template: ChatTemplate?
  private let tokenizer: Tokenizer?

  /// Prepares what all prompts share; throws when the template is not known. Without a tokenizer it must be a known one.
  ///
  /// - Parameter subject: stands for `{subject}` in the domain, as MMLU's code writes it: a space before it, and spaces for
  ///   underscores.
  init(
    _ options: ProbeOptions, demonstrations: [Question], subject: String? = nil, tokenizer: Tokenizer? = nil
  ) throws(HoldfastError) {
    self.options = options
    self.tokenizer = tokenizer
    template = try options.template.map { name throws(HoldfastError) in
      guard let tokenizer else { return try ChatTemplate.named(name) }
      return try ChatTemplate.resolve(name, for: tokenizer)
    }
    var head = ""
    if options.probe == .letter {
      let about = try Self.domain(options, subject).map { " about \($0)" } ?? ""
      head = "The following are multiple choice questions\(about). Please choose the correct answer. \n\n"
    }
    for question in demonstrations {
      head += Self.demonstration(question, options)
    }
    self.head = head
  }

  /// The prompt of a question, a context before it if there is one.
  func prompt(for question: Question, context: String? = nil) throws(HoldfastError) -> String {
    let body = head + (context.map { $0 + "\n\n" } ?? "") + Self.item(question, options)
    return try template?.prompt([Message(.user, body)], for: tokenizer) ?? body
  }

  private static func domain(_ options: ProbeOptions, _ subject: String?) throws(HoldfastError) -> String? {
    guard options.domain == "{subject}" else { return options.domain }
    guard let subject else {
      throw HoldfastError(
        .invalidArgument,
        "the domain is '{subject}', and the question has no 'subject'; give it one or write the domain out")
    }
    return " " + String(subject.map { $0 == "_" ? " " : $0 })
  }

  /// What follows a prompt when the model answers with the text of a choice: a space comes first, unless the prompt
  /// ends in white space.
  static func continuation(_ choice: String, after prompt: String) -> String {
    prompt.unicodeScalars.last?.properties.isWhitespace == true ? choice : " " + choice
  }

  /// The choice shown at each place of a letter prompt.
  static func displayed(_ count: Int, rotation: Int) -> [Int] {
    (0..<count).map { ($0 + rotation) % count }
  }

  private static func item(_ question: Question, _ options: ProbeOptions) -> String {
    switch options.probe {
    case .letter:
      let places = displayed(question.choices.count, rotation: options.rotation).enumerated()
      let lines = places.map { "\n\(Question.letter($0.offset)). \(question.choices[$0.element])" }
      return question.question + lines.joined() + "\nAnswer:"
    case .cloze:
      switch options.wording {
      case .standard: return "Question: \(question.question)\nAnswer:"
      case .short: return "Q: \(question.question)\nA:"
      case .unlabelled: return "\(question.question)\nAnswer:"
      case .sentence: return "\(question.question)\n\nThe answer is:"
      case .request: return "Please answer the following question.\nQuestion: \(question.question)\nAnswer:"
      }
    }
  }

  private static func demonstration(_ question: Question, _ options: ProbeOptions) -> String {
    guard let answer = question.answer else { return "" }
    switch options.probe {
    case .letter:
      // Demonstrations keep their order of choices, and nothing stands between the colon and the letter.
      var plain = options
      plain.rotation = 0
      return item(question, plain) + "\(Question.letter(answer)). \(question.choices[answer])\n\n"
    case .cloze:
      return item(question, options) + " \(question.choices[answer])\n\n"
    }
  }
}
