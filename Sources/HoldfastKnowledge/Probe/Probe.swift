public import HoldfastModel
public import HoldfastTensor

/// Asks a model multiple-choice questions and records its answers.
public enum Probe {
  /// Rows that are computed, and sealed when there is a store, between two looks at the progress handler's answer.
  static let sealedRows = 128

  /// Probes a model.
  ///
  /// Answers have the same bits for any batch size, thread count and prefix sharing. With a `store`, rows are sealed in
  /// it as they come, and rows it holds already are not computed again.
  ///
  /// - Parameters:
  ///   - demonstrations: the set shots are taken from.
  ///   - modelName: what tells the model apart from others of the same origin.
  ///   - stage: what progress is reported as.
  /// - Throws: `contextLength` or `numerical` naming the question, `invalidArgument` for options that do not fit,
  ///   `cancelled`.
  public static func run(
    _ model: Model, _ questions: QuestionSet, demonstrations: QuestionSet? = nil,
    options: ProbeOptions = ProbeOptions(), modelName: String = "", store: LedgerStore? = nil,
    stage: String = "probe", progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> Ledger {
    let plan = try ProbePlan(
      model: model, questions: questions, demonstrations: demonstrations, options: options)
    let settings = LedgerSettings(
      options: options, modelPath: model.provenance.path, modelSHA256: try model.provenance.sha256(),
      modelName: modelName, kernel: Runtime.shared.kernelName, addedBOS: plan.addedBOS,
      questions: questions.name,
      demonstrations: plan.demonstrations.map(\.id))
    var rows = try store?.resume(settings, ids: plan.questions.map(\.id)) ?? []
    let total = plan.items.count
    if rows.count < total {
      let scorer = try ProbeRun(plan, model: model)
      while rows.count < total {
        let part = rows.count..<min(rows.count + sealedRows, total)
        var sealed: [LedgerRow] = []
        for start in stride(from: part.lowerBound, to: part.upperBound, by: options.batchSize) {
          try Progress(stage: stage, done: start, total: total, unit: "questions").report(to: progress)
          do {
            sealed += try scorer.rows(start..<min(start + options.batchSize, part.upperBound))
          } catch {
            throw error.at(questions.name)
          }
        }
        try store?.append(sealed, settings: settings)
        rows += sealed
      }
    }
    try Progress(stage: stage, done: total, total: total, unit: "questions").report(to: progress)
    return Ledger(settings: settings, rows: rows)
  }
}

/// One probe under way.
private struct ProbeRun {
  let plan: ProbePlan
  let scorer: ProbeScorer
  let unconditional: ProbeScorer?

  init(_ plan: ProbePlan, model: Model) throws(HoldfastError) {
    self.plan = plan
    let session = try model.makeSession()
    scorer = try ProbeScorer(session, items: plan.items, sharing: plan.options.prefixSharing)
    unconditional =
      plan.unconditional.isEmpty
      ? nil : try ProbeScorer(session, items: plan.unconditional, sharing: plan.options.prefixSharing)
  }

  /// Ledger rows of some questions, computed together.
  func rows(_ range: Range<Int>) throws(HoldfastError) -> [LedgerRow] {
    switch plan.options.probe {
    case .letter:
      let answers = try scorer.letters(plan.items[range])
      return try zip(range, answers).map { index, answer throws(HoldfastError) in
        try letterRow(index, logits: answer.logits, logProbabilities: answer.logProbabilities)
      }
    case .cloze:
      let sums = try scorer.logProbabilities(plan.items[range])
      let alone = try unconditional?.logProbabilities(plan.unconditional[range])
      return try range.enumerated().map { place, index throws(HoldfastError) in
        try clozeRow(index, sums[place], unconditional: alone?[place])
      }
    }
  }

  private func letterRow(_ index: Int, logits: [Float], logProbabilities: [Float]) throws(HoldfastError)
    -> LedgerRow
  {
    // Place j shows choice j + rotation; answers go back to the choices' own order.
    let displayed = PromptWriter.displayed(logits.count, rotation: plan.options.rotation)
    var scores = [Double](repeating: 0, count: logits.count)
    var sums = scores
    for (place, choice) in displayed.enumerated() {
      scores[choice] = Double(plan.options.bfloat16Logits ? logits[place].roundedToBFloat16 : logits[place])
      sums[choice] = Double(logProbabilities[place])
    }
    return try row(index, sums, scores: scores, unconditional: nil)
  }

  private func clozeRow(_ index: Int, _ tokens: [[Float]], unconditional: [[Float]]?) throws(HoldfastError)
    -> LedgerRow
  {
    let sum = { (values: [Float]) in values.reduce(0) { $0 + Double($1) } }
    let sums = tokens.map(sum)
    let alone = unconditional.map { $0.map(sum) }
    let characters = plan.questions[index].choices.map { $0.unicodeScalars.count }
    let scores =
      switch plan.options.normalization {
      case .raw: sums
      case .perToken: zip(sums, tokens).map { $0 / Double($1.count) }
      case .perCharacter: zip(sums, characters).map { $0 / Double(max($1, 1)) }
      case .pmi: zip(sums, alone ?? sums).map { $0 - $1 }
      }
    return try row(index, sums, scores: scores, unconditional: alone)
  }

  private func row(
    _ index: Int, _ sums: [Double], scores: [Double], unconditional: [Double]?
  ) throws(HoldfastError) -> LedgerRow {
    let (question, item) = (plan.questions[index], plan.items[index])
    guard (sums + scores).allSatisfy(\.isFinite) else {
      throw HoldfastError(
        .numerical,
        "question '\(question.id)': a choice's log-probability is not a finite number; the model's weights are damaged or "
          + "diverged in tuning")
    }
    return LedgerRow(
      id: question.id, gold: question.answer, logProbabilities: sums,
      tokenCounts: item.continuations.map(\.count),
      characterCounts: question.choices.map { $0.unicodeScalars.count }, unconditional: unconditional,
      scores: scores,
      promptTokens: item.context.count, promptDigest: item.digest)
  }
}

extension Float {
  /// The nearest bfloat16 value, ties to even.
  var roundedToBFloat16: Float {
    guard isFinite else { return self }
    let bits = bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) & 0xffff_0000)
  }
}
