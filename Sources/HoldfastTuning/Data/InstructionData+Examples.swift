public import HoldfastModel
public import HoldfastTensor
public import HoldfastText

extension InstructionData {
  /// Tokenises every row for a model, with the template, the BOS policy and the length that `options` name; no row is
  /// longer than the model's context.
  ///
  /// - Throws: As `examples(tokenizer:template:maxLength:bos:)`, and as
  ///   `ChatTemplate.resolve(_:for:)`.
  public func examples(for model: Model, options: TuningOptions) throws(HoldfastError) -> [TrainingExample] {
    let context = model.configuration.contextLength
    return try examples(
      tokenizer: model.tokenizer, template: try ChatTemplate.resolve(options.template, for: model.tokenizer),
      maxLength: options.maxLength == 0 ? context : min(options.maxLength, context), bos: options.bosPolicy)
  }

  /// Tokenises every row: the loss is taken on what the assistant says and on the end of sequence behind it.
  ///
  /// Prompt and response are tokenised apart, so that a prompt has the tokens it has at inference. A row is cut after
  /// `maxLength` tokens; a user's turn that no answer follows teaches nothing and is left out.
  ///
  /// - Throws: `invalidArgument` naming file and line when no token of a response is left to learn, or as
  ///   `Tokenizer.encode(_:template:bos:)`.
  public func examples(
    tokenizer: Tokenizer, template: ChatTemplate, maxLength: Int = 2048, bos: BOSPolicy = .never
  ) throws(HoldfastError) -> [TrainingExample] {
    var examples: [TrainingExample] = []
    examples.reserveCapacity(rows.count)
    for row in rows {
      examples.append(
        try Self.example(row, tokenizer: tokenizer, template: template, maxLength: maxLength, bos: bos))
    }
    return examples
  }

  private static func example(
    _ row: Row, tokenizer: Tokenizer, template: ChatTemplate, maxLength: Int, bos: BOSPolicy
  ) throws(HoldfastError) -> TrainingExample {
    let encoded: Tokenizer.EncodedConversation
    do throws(HoldfastError) {
      encoded = try tokenizer.encode(row.messages, template: template, bos: bos)
    } catch {
      throw error.at(row.place)
    }
    let end = min(max(maxLength, 0), (encoded.isTarget.lastIndex(of: true) ?? -1) + 1)
    // Nothing comes before the first token, so that it cannot be learnt.
    guard encoded.isTarget[..<end].dropFirst().contains(true) else {
      let prompt = encoded.isTarget.prefix { !$0 }.count
      throw HoldfastError(
        .invalidArgument,
        "\(row.place): no token of the response is left to learn: the prompt has \(prompt) tokens and a row "
          + "at most \(maxLength); raise the maximum length or shorten the prompt")
    }
    let tokens = Array(encoded.tokens[..<end])
    return TrainingExample(
      id: row.id, tokens: tokens, labels: zip(tokens, encoded.isTarget).map { $1 ? $0 : -100 })
  }
}
