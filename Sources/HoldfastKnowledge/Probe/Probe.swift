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
    try options.validate()
    let most = questions.prefix(options.limit).questions.map(\.choices.count).max() ?? 0
    let plans = try options.variants(choices: most).map { variant throws(HoldfastError) in
      try ProbePlan(model: model, questions: questions, demonstrations: demonstrations, options: variant)
    }
    guard let plan = plans.first else { throw HoldfastError(.internal, "a probe has no prompts") }
    var settings = LedgerSettings(
      options: options, modelPath: model.provenance.path, modelSHA256: try model.provenance.sha256(),
      modelName: modelName, kernel: Runtime.shared.kernelName, addedBOS: plan.addedBOS,
      questions: questions.name,
      demonstrations: Self.demonstrations(plans))
    settings.interventions = model.interventions
    var rows = try store?.resume(settings, ids: plan.questions.map(\.id)) ?? []
    let total = plan.items.count
    if rows.count < total {
      let session = try model.makeSession()
      let runs = try plans.map { plan throws(HoldfastError) in try ProbeRun(plan, session: session) }
      while rows.count < total {
        let part = rows.count..<min(rows.count + sealedRows, total)
        var sealed: [LedgerRow] = []
        for start in stride(from: part.lowerBound, to: part.upperBound, by: options.batchSize) {
          try Progress(stage: stage, done: start, total: total, unit: "questions").report(to: progress)
          do {
            sealed += try Self.rows(runs, start..<min(start + options.batchSize, part.upperBound))
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

  /// The rows of a range, averaged over the prompts.
  private static func rows(_ runs: [ProbeRun], _ range: Range<Int>) throws(HoldfastError) -> [LedgerRow] {
    let answers = try runs.map { run throws(HoldfastError) in try run.rows(range) }
    return range.map { index in
      let place = index - range.lowerBound
      // A rotation by as many places as there are choices, or more, is one that was taken already.
      let own = zip(runs, answers).filter { $0.0.plan.options.rotation < $0.1[place].scores.count }
      return LedgerRow.averaging(own.isEmpty ? [answers[0][place]] : own.map { $0.1[place] })
    }
  }

  /// The ids of the demonstrations of every set, one after the other.
  private static func demonstrations(_ plans: [ProbePlan]) -> [String] {
    var seen: Set<UInt64> = []
    return plans.filter { seen.insert($0.options.seed).inserted }.flatMap { $0.demonstrations.map(\.id) }
  }
}

/// One probe under way.
private struct ProbeRun {
  let plan: ProbePlan
  let scorer: ProbeScorer
  let unconditional: ProbeScorer?

  init(_ plan: ProbePlan, session: Session) throws(HoldfastError) {
    self.plan = plan
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
    var row = LedgerRow(
      id: question.id, gold: question.answer, logProbabilities: sums,
      tokenCounts: item.continuations.map(\.count),
      characterCounts: question.choices.map { $0.unicodeScalars.count }, unconditional: unconditional,
      scores: scores,
      promptTokens: item.context.count, promptDigest: item.digest)
    row.choiceTokens = item.continuations
    if plan.options.probe == .letter {
      let displayed = PromptWriter.displayed(sums.count, rotation: plan.options.rotation)
      for (place, choice) in displayed.enumerated() { row.choiceTokens[choice] = item.continuations[place] }
    }
    return row
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
