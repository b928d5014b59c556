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
    let parameters = model.weights.parameterCount
    let (bytes, overflow) = parameters.multipliedReportingOverflow(by: moments ? 12 : 4)
    let (needed, excess) = bytes.addingReportingOverflow(8 << 20)  // tokenizer, configuration, records
    guard !overflow, !excess, free >= needed else {
      throw HoldfastError(
        .io,
        "\(path): the file needs \(needed >> 20) MiB, but only \(free >> 20) MiB are free in \(directory); free some "
          + "space or choose another path")
    }
  }
}
