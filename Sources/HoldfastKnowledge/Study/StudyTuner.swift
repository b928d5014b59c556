import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning

/// The part of a study's run that tunes models and asks them.
struct StudyTuner {
  let runner: StudyRunner
  let groups: GroupSet

  private var specification: StudySpecification { runner.specification }

  /// Tunes a model unless that is done, and probes it on every role.
  func tuneAndEvaluate(
    _ model: TunedModel
  ) throws(HoldfastError) -> (StudyFindings.Training, [StudyFindings.Answer]) {
    guard let group = groups[model.group] else {
      throw HoldfastError(.internal, "the group \(model.group.rawValue) was not built")
    }
    let (training, key) = try tune(model, group)
    let tuned = LazyModel(training.path)
    var answers: [StudyFindings.Answer] = []
    for (index, role) in specification.evaluate.enumerated() {
      let ledger = try runner.probe(
        StudyPlan.after(model, role), tuned, runner.questions.roles[index], specification.after(for: role),
        modelName: model.name,
        model: ["tuning": .text(key)])
      answers.append(StudyFindings.Answer(model: model, role: index, ledger: ledger))
    }
    return (training, answers)
  }

  /// Throws `io` unless the disk has room for the weights that are still to be written and one optimiser checkpoint.
  func requireSpace() throws(HoldfastError) {
    let missing = runner.plan.models.count { !FileSystem.exists(runner.directory.weights($0)) }
    guard missing > 0 else { return }
    let parameters = try Model.load(specification.model).weights.parameterCount
    // Four bytes for each parameter of a model; a checkpoint holds two moments beside it.
    let (bytes, overflow) = parameters.multipliedReportingOverflow(by: 4 * (missing + 3))
    let free = try FileSystem.freeSpace(at: runner.directory.path)
    guard !overflow, free > bytes else {
      throw HoldfastError(
        .io,
        "\(runner.directory.path): \(missing) tuned models and a checkpoint need \(bytes >> 20) MB, and \(free >> 20) MB "
          + "are free; free some space or choose another output")
    }
  }

  private func tune(_ model: TunedModel, _ group: Group) throws(HoldfastError) -> (
    StudyFindings.Training, key: String
  ) {
    var options = specification.tune
    options.seed = model.seed
    let base = try Model.load(specification.model)
    let examples = try runner.place(StudyPlan.tune(model)) { () throws(HoldfastError) in
      let general = try specification.general?.examples(group.general, for: base, specification.after) ?? []
      return try group.examples(base.tokenizer, specification.after) + general
    }
    var decisive = options.json
    decisive.set("micro_batch_size", .null)
    decisive.set("micro_batch_tokens", .null)
    var stage = try runner.open(
      StudyPlan.tune(model),
      depends: [
        "sha256": .text(runner.modelSHA256), "examples": .text(Self.digest(examples)), "options": decisive,
      ])
    let (record, weights) = (stage.file("training.json"), runner.directory.weights(model))
    if stage.isDone, FileSystem.exists(record), FileSystem.exists(weights) {
      return (try StudyFindings.Training(reading: record, model: model, path: weights), stage.key)
    }
    let result = try runner.place(stage.name) { () throws(HoldfastError) in
      try run(base, examples, options, checkpoint: stage.file("checkpoint.h5"), stage: stage.name)
    }
    try result.save(to: weights)
    let training = StudyFindings.Training(
      result, examples, weightDistance: try Self.distance(result.model, from: base), model: model,
      path: weights)
    try AtomicFile.write(training.json.serialized(pretty: true), to: record)
    try stage.finish()
    try FileSystem.remove(stage.file("checkpoint.h5"))
    return (training, stage.key)
  }

  /// Takes the steps that are left, from the checkpoint if there is one.
  private func run(
    _ base: Model, _ examples: [TrainingExample], _ options: TuningOptions, checkpoint: String, stage: String
  ) throws(HoldfastError) -> TuningResult {
    let trainer =
      FileSystem.exists(checkpoint)
      ? try Trainer(resuming: checkpoint, examples: examples, options: options)
      : try Trainer(model: base, examples: examples, options: options)
    return try trainer.run(
      checkpoints: CheckpointPolicy(path: checkpoint, everySteps: specification.checkpointSteps),
      stage: stage,
      progress: runner.reporter())
  }

  /// The Euclidean distance of a tuned model's parameters from those it began with.
  private static func distance(_ tuned: Model, from base: Model) throws(HoldfastError) -> Double {
    var squares = 0.0
    for name in base.parameterNames {
      guard let before = try base.tensor(named: name), let after = try tuned.tensor(named: name) else {
        continue
      }
      squares += Runtime.shared.squaredDistance(after, before)
    }
    return squares.squareRoot()
  }

  /// SHA-256 over ids, tokens and labels.
  private static func digest(_ examples: [TrainingExample]) -> String {
    var hash = SHA256()
    for example in examples {
      hash.update(Array(example.id.utf8) + [0])
      hash.update(Array(ProbeItem(context: example.tokens, continuations: [example.labels]).digest.utf8))
    }
    return hash.hex
  }
}
