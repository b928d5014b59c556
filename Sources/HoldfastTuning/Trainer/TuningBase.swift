import HoldfastModel
import HoldfastStorage
import HoldfastTensor

/// The model a KL penalty is measured from: what tuning began with.
struct TuningBase {
  /// The model; a trainer that tunes an adapter takes its own weights without it instead, which are the same.
  let model: Model
  private let recorded: String?

  init(_ model: Model) {
    self.model = model
    recorded = nil
  }

  /// The base of a run that goes on: what stands beneath the adapter of its checkpoint, or the model given, which must be the
  /// one that the run began with.
  ///
  /// - Throws: `invalidArgument` when parameters were tuned and the model is missing or another.
  init(resuming loaded: Model, from path: String, log: TrainingLog, given: Model?) throws(HoldfastError) {
    recorded = log.baseSHA256
    guard loaded.parameters?.adapter == nil else {
      model = loaded
      return
    }
    let source = loaded.provenance.path
    guard let given else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): the run has a KL penalty (kl_weight \(log.options.klWeight)), which compares with the model it began "
          + "with (\(source)), and the checkpoint of full tuning does not hold that model; give it as the base"
      )
    }
    let found = try given.fingerprint()
    guard found == recorded else {
      throw HoldfastError(
        .invalidArgument,
        "\(path): the run's KL penalty compares with the model it began with (\(source), SHA-256 "
          + "\((recorded ?? "").prefix(12))…), but \(given.provenance.path) is another (\(found.prefix(12))…); resume with "
          + "the model the run began with")
    }
    model = given
  }

  /// What tells the base from other models.
  func fingerprint() throws(HoldfastError) -> String {
    if let recorded { return recorded }
    return try model.fingerprint()
  }
}
