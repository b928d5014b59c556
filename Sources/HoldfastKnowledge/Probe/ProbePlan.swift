import HoldfastModel
import HoldfastTensor
import HoldfastText

/// All questions as tokens, checked against the model, before anything is computed.
struct ProbePlan {
  let options: ProbeOptions
  let questions: [Question]
  let demonstrations: [Question]
  /// One item for each question.
  let items: [ProbeItem]
  /// The choices alone behind `Answer:`, for pointwise mutual information; empty when it is not asked for.
  let unconditional: [ProbeItem]
  /// Whether a beginning-of-sequence token stands before the prompts.
  let addedBOS: Bool

  init(
    model: Model, questions: QuestionSet, demonstrations set: QuestionSet?, options: ProbeOptions
  ) throws(HoldfastError) {
    try options.validate()
    self.options = options
    self.questions = questions.prefix(options.limit).questions
    var writers = SubjectWriters(options, set, tokenizer: model.tokenizer)
    let tokenizer = ItemTokenizer(tokenizer: model.tokenizer, bos: options.bos)
    let letters = options.probe == .letter ? try tokenizer.letters(self.questions) : []
    var items: [ProbeItem] = []
    var unconditional: [ProbeItem] = []
    for question in self.questions {
      do {
        let writer = try writers.writer(for: question)
        let item =
          switch options.probe {
          case .letter: try tokenizer.letterItem(try writer.prompt(for: question), question, letters)
          case .cloze: try tokenizer.clozeItem(try writer.prompt(for: question), question)
          }
        try Self.check(item, model)
        items.append(item)
        if options.normalization == .pmi {
          unconditional.append(try tokenizer.clozeItem("Answer:", question))
        }
      } catch {
        throw error.at("\(questions.name): question '\(question.id)'")
      }
    }
    demonstrations = writers.shown
    self.items = items
    self.unconditional = unconditional
    addedBOS = model.tokenizer.bosToken.map { bos in items.first?.context.first == bos } ?? false
  }

  private static func check(_ item: ProbeItem, _ model: Model) throws(HoldfastError) {
    let limit = model.configuration.contextLength
    guard item.length <= limit else {
      throw HoldfastError(
        .contextLength,
        "its prompt and longest choice take \(item.length) tokens and the model's context has \(limit); use fewer shots "
          + "or remove the question")
    }
    guard !item.context.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "no token of the prompt comes before the answers, so their first tokens have no probability; put a "
          + "beginning-of-sequence token before the prompt (bos: always)")
    }
  }
}

/// Turns prompts and choices into items.
struct ItemTokenizer {
  let tokenizer: Tokenizer
  let bos: BOSPolicy

  /// The token each letter is scored at, for as many letters as the questions need: the last id of the letter tokenised
  /// alone, as the paper's code looks it up.
  func letters(_ questions: [Question]) throws(HoldfastError) -> [Int32] {
    var ids: [Int32] = []
    for choice in 0..<(questions.map(\.choices.count).max() ?? 0) {
      let letter = Question.letter(choice)
      guard let id = try tokenizer.encode(letter, bos: .never).last else {
        throw HoldfastError(
          .unsupported, "the tokenizer has no token for the letter \(letter); use the cloze probe")
      }
      if let other = ids.firstIndex(of: id) {
        throw HoldfastError(
          .unsupported,
          "the tokenizer ends the letters \(Question.letter(other)) and \(letter) in the same token; use the cloze probe"
        )
      }
      ids.append(id)
    }
    return ids
  }

  /// The ids of a prompt, with one BOS at most.
  func encode(_ text: String) throws(HoldfastError) -> [Int32] {
    try tokenizer.encode(text, bos: tokenizer.bosPolicy(bos, before: text))
  }

  /// A letter prompt: one token is scored for each choice.
  func letterItem(_ prompt: String, _ question: Question, _ letters: [Int32]) throws(HoldfastError)
    -> ProbeItem
  {
    ProbeItem(
      context: try encode(prompt),
      continuations: question.choices.indices.map { [letters[$0]] })
  }

  /// A cloze prompt: the text of each choice is scored, tokenised together with the prompt.
  func clozeItem(_ prompt: String, _ question: Question) throws(HoldfastError) -> ProbeItem {
    let context = try encode(prompt)
    var texts: [[Int32]] = []
    for choice in question.choices {
      texts.append(try encode(prompt + PromptWriter.continuation(choice, after: prompt)))
    }
    return ProbeItem.splitting(texts, prompt: context)
  }
}
