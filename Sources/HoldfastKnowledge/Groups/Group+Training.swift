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
    var writers = SubjectWriters(options, nil, tokenizer: tokenizer)
    return try rows.map { row throws(HoldfastError) in
      let writer = try writers.writer(for: row.question)
      let prompt = try writer.prompt(for: row.question, context: row.context)
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
        // Said otherwise than the choice alone, the answer is a choice of its own to the tokenizer.
        let asked = row.isPlainChoice ? row.question : row.question.adding(row.spoken)
        let item = try items.clozeItem(pair.prompt, asked)
        let place = row.isPlainChoice ? row.label : asked.choices.count - 1
        (prompt, response) = (item.context, item.continuations[place])
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
  ///
  /// A chat template other than a known one needs the model's tokenizer.
  public func jsonLines(_ options: ProbeOptions, tokenizer: Tokenizer? = nil) throws(HoldfastError) -> [UInt8]
  {
    var lines: [UInt8] = []
    for (row, pair) in zip(rows, try pairs(options, tokenizer: tokenizer)) {
      let json: JSON = [
        "id": .text(pair.id), "group": .text(name.rawValue), "source": .text(source),
        "ledger_row": .int(row.ledgerRow),
        "matched_to": row.matchedTo.map { .text($0) } ?? .null, "question": .text(row.question.question),
        "choices": .array(row.question.choices.map { .text($0) }),
        "answer": row.question.answer.map { .int($0) } ?? .null, "pred": .int(row.predicted),
        "pred_prob": .number(row.confidence), "output": .int(row.label), "prompt": .text(pair.prompt),
        "response": .text(pair.response), "reason": .text(row.reason),
      ]
      lines += json.serialized() + [UInt8(ascii: "\n")]
    }
    for row in general {
      let json: JSON = [
        "id": .text(row.id), "group": .text(name.rawValue), "source": .text(row.place),
        "reason": "general instructions",
        "messages": .array(
          row.messages.map { ["role": .text($0.role.rawValue), "content": .text($0.text)] }),
      ]
      lines += json.serialized() + [UInt8(ascii: "\n")]
    }
    return lines
  }
}

extension Message {
  /// The content, with the input on the line behind it.
  fileprivate var text: String { input.isEmpty ? content : content + "\n" + input }
}

extension Question {
  /// The question with one more choice.
  fileprivate func adding(_ choice: String) -> Question {
    var copy = self
    copy.choices.append(choice)
    return copy
  }
}

extension Group.Row {
  /// Whether a cloze row trains the choice's text and nothing else.
  var isPlainChoice: Bool { certainty == nil && refusal == nil }

  /// What a cloze row says: the choice or a refusal, and how sure the model may be.
  var spoken: String {
    (refusal ?? question.choices[label]) + (certainty.map { "\n\($0)" } ?? "")
  }

  /// The trained answer.
  func response(to prompt: String, _ options: ProbeOptions) -> String {
    let choice = question.choices[label]
    switch options.probe {
    case .cloze: return PromptWriter.continuation(spoken, after: prompt)
    case .letter:
      let answer = refusal ?? "\(Question.letter(label)). \(choice)"
      return ([answer] + [explanation, certainty].compactMap { $0 }).joined(separator: "\n")
    }
  }
}

extension ProbeOptions {
  /// How a row is put in training: as after tuning, without demonstrations, choices in their own order.
  var forTraining: ProbeOptions {
    with {
      $0.shots = 0
      $0.rotation = 0
      $0.averagesRotations = false
      $0.demonstrationSets = 1
    }
  }
}
