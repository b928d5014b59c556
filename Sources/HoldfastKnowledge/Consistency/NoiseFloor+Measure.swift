public import HoldfastModel
public import HoldfastTensor

extension NoiseFloor {
  /// Probes a model with alternative prompts and compares each with its own answers to the usual one.
  ///
  /// An alternative whose prompts do not fit the model's context is left out. Each prompt's answers may be kept in a
  /// store of its own, which `store` opens by the alternative's name.
  ///
  /// - Parameter baseline: the answers to the usual prompt, of these questions at least.
  /// - Throws: what `Probe.run` throws; `invalidArgument` when no alternative can be asked.
  public static func measure(
    _ model: Model, _ questions: QuestionSet, demonstrations: QuestionSet? = nil, options: ProbeOptions,
    baseline: Ledger, prompts: Int, limit: Int? = nil, stage: String = "noise floor",
    store: (String) throws(HoldfastError) -> LedgerStore? = { _ throws(HoldfastError) in nil },
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> NoiseFloor {
    let asked = questions.prefix(options.limit).prefix(limit)
    var tried: [Prompt] = []
    for alternative in alternatives(
      to: options, demonstrations: demonstrations?.count ?? 0,
      choices: asked.questions.map(\.choices.count).max() ?? 0)
    {
      guard tried.count < prompts else { break }
      let name = "\(alternative.source) \(alternative.variant)"
      do throws(HoldfastError) {
        let ledger = try Probe.run(
          model, asked, demonstrations: demonstrations, options: alternative.options, modelName: "before",
          store: store(name), stage: "\(stage), \(name)", progress: progress)
        tried.append(try Prompt(alternative, ledger, baseline: baseline, mode: options.mode))
      } catch {
        guard error.code == .contextLength else { throw error }
      }
    }
    guard !tried.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "no alternative prompt fits the model's context, so there is no noise floor; leave it out or give shorter questions"
      )
    }
    return NoiseFloor(prompts: tried, questions: asked.count)
  }
}

extension NoiseFloor.Prompt {
  init(
    _ alternative: NoiseFloor.Alternative, _ ledger: Ledger, baseline: Ledger, mode: Mode
  ) throws(HoldfastError) {
    var values: [Double?] = []
    var divergences: [Double?] = []
    guard baseline.count >= ledger.count else {
      throw HoldfastError(.invalidArgument, "the noise floor needs the usual answers to all of its questions")
    }
    for (usual, other) in zip(baseline.rows, ledger.rows) {
      let item = try ItemConsistency(before: usual, after: other)
      values.append(item.value(.rankPearson))
      divergences.append(item.value(.kullbackLeibler))
    }
    self.init(
      source: alternative.source, variant: alternative.variant,
      mean: Statistics.mean(values.compactMap { $0 ?? (mode == .paper ? 0 : nil) }),
      divergence: Statistics.mean(divergences.compactMap { $0 }),
      accuracy: ledger.accuracy?.value,
      items: values)
  }
}
