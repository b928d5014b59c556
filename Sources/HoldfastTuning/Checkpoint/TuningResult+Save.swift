import HoldfastModel
import HoldfastStorage
public import HoldfastTensor

extension TuningResult {
  /// Writes the tuned model as a Holdfast file with the group `/training`, and without optimiser moments.
  ///
  /// - Throws: `io` when there is no room or the system refuses; `path` is then as before.
  public func save(to path: String) throws(HoldfastError) {
    try requireSpace(for: path, moments: false)
    try model.save(to: path, more: { root throws(HoldfastError) in try log.write(to: root) })
  }

  /// Writes the tuned adapter as a PEFT directory.
  ///
  /// - Throws: `invalidArgument` when parameters were tuned rather than an adapter; `io`.
  public func saveAdapter(to directory: String) throws(HoldfastError) {
    try model.saveAdapter(to: directory)
  }

  /// How the parameters came about.
  var log: TrainingLog {
    TrainingLog(
      options: options, dataSHA256: dataSHA256, exampleCount: exampleCount, records: records,
      baseSHA256: baseSHA256)
  }
}
