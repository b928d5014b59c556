import HoldfastModel
import HoldfastStorage
import HoldfastTensor

extension Trainer {
  /// Throws `io` unless the file system of `path` has room for a model file of this size.
  ///
  /// - Parameter free: the bytes that are free; `nil` asks the system.
  func requireSpace(for path: String, moments: Bool, free: Int? = nil) throws(HoldfastError) {
    try result.requireSpace(for: path, moments: moments, free: free)
  }
}

extension TuningResult {
  /// Throws `io` unless the file system of `path` has room for the model, and for its moments if asked.
  ///
  /// A file that is replaced frees its space only afterwards, so it does not count.
  func requireSpace(for path: String, moments: Bool, free: Int? = nil) throws(HoldfastError) {
    let directory = FileSystem.parent(of: path) ?? "/"
    guard FileSystem.isDirectory(directory) else {
      throw HoldfastError(
        .io, "\(path): there is no directory \(directory); make it first or choose another path")
    }
    let free = if let free { free } else { try FileSystem.freeSpace(at: directory) }
    // The weights, an adapter beside them, two moments for each trained number; tokenizer, configuration, records.
    let trained = model.parameters?.count ?? 0
    let adapter = model.parameters?.adapter == nil ? 0 : trained
    let (values, overflow) = (moments ? 2 * options.momentPrecision.bytes : 0)
      .multipliedReportingOverflow(by: trained)
    let (own, over) = (model.weights.parameterCount + adapter).multipliedReportingOverflow(by: 4)
    let (bytes, beyond) = values.addingReportingOverflow(own)
    let (needed, excess) = bytes.addingReportingOverflow(8 << 20)
    guard !overflow, !beyond, !over, !excess, free >= needed else {
      throw HoldfastError(
        .io,
        "\(path): the file needs \(needed >> 20) MiB, but only \(free >> 20) MiB are free in \(directory); free some "
          + "space or choose another path")
    }
  }
}
