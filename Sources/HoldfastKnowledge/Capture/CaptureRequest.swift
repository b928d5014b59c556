public import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

/// A capture of questions as the probe puts them, or of plain texts.
public struct CaptureRequest: Sendable {
  /// What is captured of each item, and how it is written.
  public var options = CaptureOptions()
  /// Which questions or texts.
  public var filter = CaptureFilter()
  /// How questions are put; of plain texts it says whether a beginning-of-sequence token comes first.
  public var probe = ProbeOptions()
  /// Plain texts, where there are no questions.
  public var texts: [CaptureText] = []

  /// Makes a request with all defaults.
  public init() {}

  /// Reads a request: the members of `CaptureOptions`, and `items`, `probe` and `texts`; `docs/activations.md` describes
  /// them.
  ///
  /// - Throws: `invalidArgument` naming the member and what it must be.
  public init(_ node: JSONNode) throws(HoldfastError) {
    options = try CaptureOptions(node, others: ["items", "probe", "texts"])
    do throws(HoldfastError) {
      if let items = try node.optional("items") { filter = try CaptureFilter(items) }
      if let put = try node.optional("probe") { probe = try ProbeOptions(put) }
      if let list = try node.optional("texts") {
        texts = try list.elements().map { text throws(HoldfastError) in try CaptureText(text) }
      }
    } catch {
      throw HoldfastError(.invalidArgument, error.message)
    }
  }

  /// Captures to a file; see `Capture.run`.
  ///
  /// - Parameters:
  ///   - questions: what is asked; `nil` when there are texts.
  ///   - demonstrations: the set shots are taken from.
  public func run(
    _ model: Model, _ questions: QuestionSet? = nil, demonstrations: QuestionSet? = nil, to path: String,
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> CaptureSummary {
    let (items, source) = try items(model, questions, demonstrations)
    return try Capture.run(model, items, options: options, to: path, source: source, progress: progress)
  }

  /// The items, and what they were made of.
  func items(
    _ model: Model, _ questions: QuestionSet?, _ demonstrations: QuestionSet?
  ) throws(HoldfastError) -> (items: [CaptureItem], source: JSON) {
    guard (questions == nil) != texts.isEmpty else {
      throw HoldfastError(
        .invalidArgument, "a capture needs either questions or texts; give one of them")
    }
    guard let questions else { return (try plainItems(model), ["texts": .int(texts.count)]) }
    return try asked(model, questions, demonstrations)
  }

  private func plainItems(_ model: Model) throws(HoldfastError) -> [CaptureItem] {
    let tokenizer = ItemTokenizer(tokenizer: model.tokenizer, bos: probe.bos)
    let named = texts.enumerated().map { (id: $0.element.id ?? "\($0.offset)", text: $0.element) }
    let items = try filter.apply(named, id: \.id, subject: { _ in nil }).map { named throws(HoldfastError) in
      switch named.text.content {
      case .tokens(let tokens): CaptureItem(id: named.id, prompt: tokens)
      case .text(let text): CaptureItem(id: named.id, prompt: try tokenizer.encode(text))
      }
    }
    var seen: Set<[UInt8]> = []
    for item in items where !seen.insert(Array(item.id.utf8)).inserted {
      throw HoldfastError(.invalidArgument, "two texts share the id '\(item.id)'; ids must be unique")
    }
    return items
  }

  private func asked(
    _ model: Model, _ questions: QuestionSet, _ demonstrations: QuestionSet?
  ) throws(HoldfastError) -> (items: [CaptureItem], source: JSON) {
    guard !probe.averagesRotations, probe.demonstrationSets == 1 else {
      throw HoldfastError(
        .invalidArgument,
        "a capture takes one prompt of each question; ask for one rotation and one demonstration set")
    }
    let chosen = try filter.apply(questions.questions, id: \.id, subject: \.subject)
    let plan = try ProbePlan(
      model: model, questions: QuestionSet(valid: chosen, name: questions.name),
      demonstrations: demonstrations, options: probe)
    let items = zip(plan.questions, plan.items).map { question, item in
      // Place j of a letter prompt shows choice j + rotation; choices are kept in their own order.
      var choices = item.continuations
      if probe.probe == .letter {
        let displayed = PromptWriter.displayed(choices.count, rotation: probe.rotation)
        for (place, choice) in displayed.enumerated() { choices[choice] = item.continuations[place] }
      }
      return CaptureItem(id: question.id, prompt: item.context, choices: choices, answer: question.answer)
    }
    var put = probe.json
    put.set("batch_size", .null)
    return (
      items,
      [
        "questions": .text(questions.name), "probe": put,
        "demonstrations": .array(plan.demonstrations.map { .text($0.id) }),
      ]
    )
  }
}
