import HoldfastModel
public import HoldfastTensor

extension Trainer {
  /// Takes one optimiser step.
  ///
  /// - Parameter report: told, after each micro-batch, how many of the step's examples are done; throws to cancel.
  /// - Throws: `numerical`, naming the step and the tensor, when the loss or a gradient is not finite. Whatever is
  ///   thrown, parameters and moments are those of before the step.
  public func step(
    report: (_ done: Int, _ total: Int) throws(HoldfastError) -> Void = { (_, _) in }
  ) throws(HoldfastError) -> TrainingRecord {
    guard let workspace else { throw Self.finished }
    let clock = ContinuousClock()
    let start = clock.now
    let index = completedSteps
    let batch = plan.batch(step: index)
    let targets = batch.reduce(0) { $0 + sequences[$1].targetCount }
    let tokens = batch.reduce(0) { $0 + sequences[$1].tokens.count }

    workspace.gradients.reset()
    workspace.pass.begin(step: index, seed: options.seed)
    var sums = LossSums()
    for micro in microBatches(batch) {
      sums = try workspace.pass.accumulate(
        batch[micro].map { sequences[$0] }, scale: 1 / Float(targets), into: workspace.gradients,
        after: sums)
      guard sums.crossEntropy.isFinite, sums.divergence.isFinite else {
        throw lossError(step: index + 1, batch[micro])
      }
      try report(micro.upperBound, batch.count)
    }
    let norm: Double
    do throws(HoldfastError) {
      try workspace.gradients.finish(runtime: runtime)
      norm = try workspace.gradients.norm(runtime)
    } catch {
      throw error.at("step \(index + 1)")
    }

    let share = options.schedule.share(step: index, total: plan.totalSteps, warmup: plan.warmupSteps)
    let learningRate = options.learningRate * share
    workspace.optimizer.step(
      index + 1, parameters: parameters, gradients: workspace.gradients, learningRate: learningRate,
      gradientScale: clipCoefficient(norm: norm, limit: options.clipNorm), options: options, runtime: runtime)
    let record = TrainingRecord(
      step: index + 1, loss: sums.crossEntropy / Double(targets),
      kl: options.klWeight > 0 ? sums.divergence / Double(targets) : nil, learningRate: learningRate,
      gradientNorm: norm, tokens: tokens, targetTokens: targets, seconds: (clock.now - start) / .seconds(1))
    records.append(record)
    return record
  }

  /// Cuts a batch into runs that are computed together, in order.
  private func microBatches(_ batch: [Int]) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (i, example) in batch.enumerated() {
      let length = sequences[example].tokens.count
      let full = options.microBatchSize > 0 && i - start == options.microBatchSize
      if i > start, full || tokens + length > options.microBatchTokens {
        pieces.append(start..<i)
        start = i
        tokens = 0
      }
      tokens += length
    }
    pieces.append(start..<batch.count)
    return pieces
  }

  private func lossError(step: Int, _ examples: ArraySlice<Int>) -> HoldfastError {
    let names = examples.prefix(4).map { "'\(identifiers[$0])'" }.joined(separator: ", ")
    return HoldfastError(
      .numerical,
      "step \(step): the loss is not finite (examples \(names)\(examples.count > 4 ? ", …" : "")); the parameters "
        + "are left as step \(step - 1) made them; try a smaller learning rate or clip_norm")
  }
}
