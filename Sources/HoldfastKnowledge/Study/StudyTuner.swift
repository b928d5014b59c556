import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning

/// The part of a study's run that tunes models and asks them.
struct StudyTuner {
  let runner: StudyRunner
  let groups: GroupSet
  /// The answers before tuning to what is asked during it.
  let driftBaseline: Ledger?

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

  /// Throws, naming the group and the row, unless the model can learn every row of every group: better before the first
  /// tuning than hours later.
  func requireLearnable() throws(HoldfastError) {
    let base = try Model.load(specification.model)
    for group in groups.groups {
      for example in try examples(of: group, for: base) {
        do throws(HoldfastError) {
          try example.validate(for: base)
        } catch {
          throw error.at("group \(group.name.rawValue): row '\(example.id)'")
        }
      }
    }
  }

  /// What a group trains: its own rows, and the general instructions beside them.
  private func examples(of group: Group, for base: Model) throws(HoldfastError) -> [TrainingExample] {
    do throws(HoldfastError) {
      let general = try specification.general?.examples(group.general, for: base, specification.after) ?? []
      return try group.examples(base.tokenizer, specification.after) + general
    } catch {
      throw error.at("group \(group.name.rawValue)")
    }
  }

  private func tune(_ model: TunedModel, _ group: Group) throws(HoldfastError) -> (
    StudyFindings.Training, key: String
  ) {
    var options = specification.tune
    options.seed = model.seed
    let base = try Model.load(specification.model)
    let examples = try examples(of: group, for: base)
    // Without a penalty the key is what it was before there was one, so that older directories go on.
    var decisive = JSON.object(
      (options.json.objectValue ?? []).filter { $0.key != "kl_weight" || options.klWeight > 0 })
    decisive.set("micro_batch_size", .null)
    decisive.set("micro_batch_tokens", .null)
    var stage = try runner.open(
      StudyPlan.tune(model),
      depends: [
        "sha256": .text(runner.modelSHA256), "examples": .text(Self.digest(examples)), "options": decisive,
        "drift": specification.drift?.json ?? .null,
        "drift_questions": runner.questions.drift.map { .text($0.digest) } ?? .null,
      ])
    let (record, weights) = (stage.file("training.json"), runner.directory.weights(model))
    if stage.isDone, FileSystem.exists(record), FileSystem.exists(weights) {
      return (try StudyFindings.Training(reading: record, model: model, path: weights), stage.key)
    }
    let (result, monitor) = try runner.place(stage.name) { () throws(HoldfastError) in
      try run(base, examples, options, stage)
    }
    var tuned = result.model
    if let monitor, let best = monitor.best, best.step < result.records.count {
      tuned = try Model.load(monitor.kept)
      let file = try MappedFile(path: monitor.kept)
      defer { withExtendedLifetime(file) {} }
      try AtomicFile.write(file.bytes, to: weights)
    } else {
      try result.save(to: weights)
    }
    var training = StudyFindings.Training(
      result, examples, weightDistance: try Self.distance(tuned, from: base), model: model, path: weights)
    if let monitor {
      training.drift = monitor.points
      training.keptStep = monitor.best?.step ?? result.records.count
      training.stoppedEarly = monitor.hasStopped
    }
    try AtomicFile.write(training.json.serialized(pretty: true), to: record)
    try stage.finish()
    for name in ["checkpoint.h5", "best.h5"] where FileSystem.exists(stage.file(name)) {
      try FileSystem.remove(stage.file(name))
    }
    return (training, stage.key)
  }

  /// Takes the steps that are left, from the checkpoint if there is one.
  private func run(
    _ base: Model, _ examples: [TrainingExample], _ options: TuningOptions, _ stage: Stage
  ) throws(HoldfastError) -> (TuningResult, DriftMonitor?) {
    let checkpoint = stage.file("checkpoint.h5")
    let trainer =
      FileSystem.exists(checkpoint)
      ? try Trainer(resuming: checkpoint, examples: examples, options: options, base: base)
      : try Trainer(model: base, examples: examples, options: options)
    let policy = CheckpointPolicy(path: checkpoint, everySteps: specification.checkpointSteps)
    let reporter = runner.reporter()
    guard let options = specification.drift, let driftBaseline, let questions = runner.questions.drift else {
      return (try trainer.run(checkpoints: policy, stage: stage.name, progress: reporter), nil)
    }
    let monitor = try DriftMonitor(
      options, baseline: driftBaseline, questions: questions, demonstrations: runner.questions.demonstrations,
      directory: stage, steps: trainer.completedSteps)
    if monitor.hasStopped { return (trainer.result, monitor) }
    do throws(HoldfastError) {
      let result = try trainer.run(checkpoints: policy, stage: stage.name) { report in
        // The report comes first, so that whoever stops a study is not kept waiting for a measurement.
        (reporter?(report) ?? true) && monitor.observe(trainer)
      }
      return (result, monitor)
    } catch {
      if let failure = monitor.failure { throw failure.at("drift") }
      guard error.code == .cancelled, monitor.hasStopped else { throw error }
      return (trainer.result, monitor)
    }
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
