public import HoldfastTensor

extension Trainer {
  /// Takes all steps that are left, then frees gradients and moments.
  ///
  /// - Parameters:
  ///   - checkpoints: where to write checkpoints; room for one is made sure of before the first step.
  ///   - stage: the name under which progress is reported.
  ///   - progress: told after every micro-batch; returning `false` cancels. With a checkpoint policy, steps that no
  ///     checkpoint holds yet are then written first.
  /// - Throws: `cancelled`; `numerical` when the loss, a gradient or a parameter is not finite; what writing throws.
  public func run(
    checkpoints: CheckpointPolicy? = nil, stage: String = "tune", progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> TuningResult {
    if let checkpoints { try requireSpace(for: checkpoints.path, moments: true) }
    do throws(HoldfastError) {
      try progressReport(stage, detail: "").report(to: progress)
      while completedSteps < totalSteps {
        let record = try step { done, total throws(HoldfastError) in
          guard done < total else { return }
          try progressReport(stage, detail: "example \(done) of \(total) in step \(completedSteps + 1)")
            .report(to: progress)
        }
        if let checkpoints, checkpoints.everySteps > 0, completedSteps < totalSteps,
          completedSteps.isMultiple(of: checkpoints.everySteps)
        {
          try checkpoint(to: checkpoints.path)
        }
        try progressReport(stage, detail: record.summary).report(to: progress)
      }
    } catch {
      guard error.code == .cancelled, let checkpoints, completedSteps > 0 else { throw error }
      let isKept = lastCheckpoint.map { $0.path == checkpoints.path && $0.steps == completedSteps } ?? false
      if !isKept { try checkpoint(to: checkpoints.path) }
      throw HoldfastError(
        .cancelled,
        "\(error.message); \(checkpoints.path) holds the \(completedSteps) steps taken, resume from it to go on"
      )
    }
    try requireFiniteParameters()
    releaseWorkspace()
    return result
  }

  private func progressReport(_ stage: String, detail: String) -> Progress {
    Progress(stage: stage, done: completedSteps, total: totalSteps, unit: "steps", detail: detail)
  }

  /// The last update has no later loss to show that it went wrong.
  private func requireFiniteParameters() throws(HoldfastError) {
    for (i, tensor) in parameters.tensors.enumerated() {
      guard let index = runtime.firstNonFinite(tensor) else { continue }
      throw HoldfastError(
        .numerical,
        "step \(completedSteps): element \(index) of '\(parameters.names[i].text)' is not finite; tuning diverged, "
          + "try a smaller learning rate")
    }
  }
}

extension TrainingRecord {
  /// The record in a few words: `loss 1.6054, learning rate 2e-05`, with `KL 0.0123` where that is part of the loss.
  var summary: String {
    func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
    let kl = kl.map { ", KL \(rounded($0))" } ?? ""
    return "loss \(rounded(loss))\(kl), learning rate \(Float(learningRate))"
  }
}
