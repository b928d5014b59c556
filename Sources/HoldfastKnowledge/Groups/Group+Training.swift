import HoldfastStorage
public import HoldfastTensor
public import HoldfastText
public import HoldfastTuning

extension Group {
  /// A row as text: what the model is given and what it is trained to say.
  public struct Pair: Sendable, Equatable {
    /// The question's id.
    public var id: String
    /// The prompt, written as the probe writes it, without demonstrations.
    public var prompt: String
    /// The answer: the choice behind a space for cloze, `{letter}. {choice}` and the explanation for letters.
    public var response: String
  }

  /// The rows as prompts and responses.
  ///
  /// A chat template other than a known one needs the model's tokenizer.
  public func pairs(_ options: ProbeOptions, tokenizer: Tokenizer? = nil) throws(HoldfastError) -> [Pair] {
    let options = options.forTraining
    let writer = try PromptWriter(options, demonstrations: [], tokenizer: tokenizer)
    return try rows.map { row throws(HoldfastError) in
      let prompt = try writer.prompt(for: row.question)
      return Pair(id: row.question.id, prompt: prompt, response: row.response(to: prompt, options))
    }
  }

  /// The rows as training examples: the prompt's tokens exactly as the probe computes them, then the response and the
  /// end-of-sequence token, which are learned.
  ///
  /// In paper mode prompt and response are tokenised jointly and without a beginning-of-sequence token, as published.
  /// - Throws: `unsupported` for a tokenizer without end-of-sequence token.
  public func examples(_ tokenizer: Tokenizer, _ options: ProbeOptions) throws(HoldfastError)
    -> [TrainingExample]
  {
    guard let end = tokenizer.eosToken else {
      throw HoldfastError(
        .unsupported, "the tokenizer has no end-of-sequence token, which answers are trained to end in")
    }
    let pairs = try pairs(options, tokenizer: tokenizer)
    let items = ItemTokenizer(tokenizer: tokenizer, bos: options.mode == .paper ? .never : options.bos)
    return try zip(rows, pairs).map { row, pair throws(HoldfastError) in
      let prompt: [Int32]
      let response: [Int32]
      switch (options.probe, options.mode) {
      case (.cloze, _):
        let item = try items.clozeItem(pair.prompt, row.question)
        (prompt, response) = (item.context, item.continuations[row.label])
      case (.letter, .default):
        prompt = try items.encode(pair.prompt)
        response = try tokenizer.encode(pair.response, bos: .never)
      case (.letter, .paper):
        let whole = try items.encode(pair.prompt + pair.response)
        let item = ProbeItem.splitting([whole], prompt: try items.encode(pair.prompt))
        (prompt, response) = (item.context, item.continuations[0])
      }
      let ignored = [Int32](repeating: -100, count: prompt.count)
      return TrainingExample(
        id: pair.id, tokens: prompt + response + [end], labels: ignored + response + [end])
    }
  }

  /// The rows as JSONL, with everything known about them; `prompt` and `response` can be tuned on as they are.
  public func jsonLines(_ options: ProbeOptions) throws(HoldfastError) -> [UInt8] {
    var lines: [UInt8] = []
    for (row, pair) in zip(rows, try pairs(options)) {
      let json: JSON = [
        "id": .text(pair.id), "group": .text(name.rawValue), "source": .text(source),
        "ledger_row": .int(row.ledgerRow),
        "matched_to": row.matchedTo.map { .text($0) } ?? .null, "question": .text(row.question.question),
        "choices": .array(row.question.choices.map { .text($0) }),
        "answer": row.question.answer.map { .int($0) } ?? .null, "pred": .int(row.predicted),
        "pred_prob": .number(row.confidence), "output": .int(row.label), "prompt": .text(pair.prompt),
        "response": .text(pair.response),
      ]
      lines += json.serialized() + [UInt8(ascii: "\n")]
    }
    return lines
  }
}

extension Group.Row {
  /// The trained answer.
  func response(to prompt: String, _ options: ProbeOptions) -> String {
    let choice = question.choices[label]
    switch options.probe {
    case .cloze: return PromptWriter.continuation(choice, after: prompt)
    case .letter:
      return "\(Question.letter(label)). \(choice)\(explanation.map { "\n\($0)" } ?? "")"
    }
  }
}

extension ProbeOptions {
  /// How a row is put in training: as after tuning, without demonstrations, choices in their own order.
  var forTraining: ProbeOptions {
    with {
      $0.shots = 0
      $0.rotation = 0
    }
  }
}
