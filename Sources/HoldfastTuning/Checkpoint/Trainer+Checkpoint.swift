public import HoldfastModel
import HoldfastStorage
public import HoldfastTensor

extension Trainer {
  /// Writes everything needed to go on to the same bits: a model file with the groups `/training` and `/optimizer`.
  ///
  /// The file is a model as it stands: `Model.load` opens it. It takes the place of `path` when it is complete.
  /// - Throws: `io` when there is no room or the system refuses; `invalidArgument` after `run` has finished.
  public func checkpoint(to path: String) throws(HoldfastError) {
    guard let workspace else { throw Self.finished }
    try requireSpace(for: path, moments: true)
    try model.save(
      to: path,
      more: { root throws(HoldfastError) in
        try log.write(to: root)
        try OptimizerState(workspace.optimizer, parameters, steps: completedSteps).write(
          to: root, model: model)
      })
    lastCheckpoint = (path, completedSteps)
  }

  /// Takes up the run that a checkpoint holds.
  ///
  /// - Parameters:
  ///   - path: a file that `checkpoint(to:)` wrote.
  ///   - examples: the examples of that run, in the same order.
  ///   - options: `nil` for those of the checkpoint. Others may differ only in what cannot change the result:
  ///     micro-batches, and the number of steps under a constant rate without warm-up.
  ///   - base: the model the run began with; asked for when all parameters are tuned under a KL penalty, because such a
  ///     checkpoint does not hold it, and otherwise of no account.
  /// - Throws: `invalidArgument` naming the options or the data that differ, when the file holds a finished model
  ///   without moments, or when the base is missing or another; what `Model.load` throws.
  public convenience init(
    resuming path: String, examples: [TrainingExample], options: TuningOptions? = nil,
    base: Model? = nil, runtime: Runtime = .shared
  ) throws(HoldfastError) {
    let loaded = try Model.load(path)
    let root = try HDF5File(path: path).root
    guard let training = try root.optionalGroup(TrainingLog.name),
      let moments = try root.optionalGroup(OptimizerState.name)
    else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): this model file holds no optimiser moments, so its run cannot be resumed; tune it as a new run"
      )
    }
    let log = try TrainingLog(training)
    let model = loaded.with(try Self.source(root))
    let chosen = options ?? log.options
    try log.check(path: path, examples: examples, options: chosen)
    guard (loaded.parameters?.adapter == nil) == (log.options.adapter == nil) else {
      throw HoldfastError(
        .corruptData, "\(path): the group /adapter does not fit the options the run was started with")
    }
    let start =
      log.options.klWeight > 0
      ? try TuningBase(resuming: model, from: path, log: log, given: base) : nil
    // What was read of the file is this trainer's own.
    let parameters = if let own = loaded.parameters { own } else { try Parameters(copying: loaded) }
    try self.init(
      model: model, parameters: parameters, base: start, examples: examples, options: chosen,
      records: log.records,
      moments: { optimizer throws(HoldfastError) in
        try OptimizerState.read(
          moments, into: optimizer, names: parameters.names, steps: log.records.count)
      }, runtime: runtime)
    lastCheckpoint = (path, completedSteps)
    guard completedSteps <= totalSteps else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): \(completedSteps) steps are taken, which is more than the \(totalSteps) wanted")
    }
  }

  /// The model that the run started from, which the files of a resumed run go on to name as their source.
  private static func source(_ root: HDF5Group) throws(HoldfastError) -> Provenance {
    Provenance(
      path: try root.text("source").text, format: try root.text("source_format").text,
      sha256: try root.text("source_sha256").text)
  }

  /// How the parameters came about so far.
  var log: TrainingLog { result.log }

  static let finished = HoldfastError(
    .invalidArgument, "this trainer has finished and freed its moments; make a new one to tune further")
}

extension TrainingLog {
  /// Throws `invalidArgument` naming what differs from the run that is logged here.
  func check(path: String, examples: [TrainingExample], options: TuningOptions) throws(HoldfastError) {
    let differences = options.differences(from: self.options)
    guard differences.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): the run was started with other options: \(differences.joined(separator: ", ")); resume with the same "
          + "ones or start anew")
    }
    guard examples.count == exampleCount else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): the run was started with \(exampleCount) examples, now there are \(examples.count); resume with the "
          + "same data or start anew")
    }
    let sha256 = DataFingerprint.sha256(examples.map(\.sequence))
    guard sha256 == dataSHA256 else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): the tokens or labels of the examples, or their order, differ from those the run was started with "
          + "(SHA-256 \(dataSHA256.prefix(12))…, now \(sha256.prefix(12))…); resume with the same data or start anew"
      )
    }
  }
}
