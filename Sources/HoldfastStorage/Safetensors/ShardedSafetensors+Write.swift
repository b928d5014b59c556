public import HoldfastTensor

extension ShardedSafetensors {
  /// Writes tensors into a directory as `model.safetensors`, or, when they take more than `shardBytes`, as
  /// `model-00001-of-0000N.safetensors` with `model.safetensors.index.json`.
  ///
  /// The tensors keep their order; a tensor larger than the limit has a shard of its own. Each file is written
  /// atomically and the index last; for a directory that appears as a whole, write into the one that `AtomicDirectory`
  /// gives. Metadata goes to every file.
  ///
  /// Throws `invalidArgument` when the limit is not positive, two tensors have the same name, or one hands over another
  /// number of elements than its shape says.
  public static func write(
    directory: String, tensors: [SafetensorsFile.Output], shardBytes: Int? = nil,
    metadata: [(key: ByteString, value: ByteString)] = []
  ) throws(HoldfastError) {
    let shards = try shards(of: tensors, limit: shardBytes)
    guard shards.count > 1 else {
      return try SafetensorsFile.write(
        path: "\(directory)/model.safetensors", tensors: tensors, metadata: metadata)
    }
    var owners: [(key: ByteString, value: JSON)] = []
    var names: Set<ByteString> = []
    var size = 0
    for (number, shard) in shards.enumerated() {
      let name = "model-\(digits(number + 1))-of-\(digits(shards.count)).safetensors"
      for tensor in shard {
        guard names.insert(tensor.name).inserted else {
          throw HoldfastError(.invalidArgument, "tensor name '\(tensor.name)' occurs twice")
        }
        owners.append((tensor.name, .text(name)))
        size += try tensor.byteCount()
      }
      try SafetensorsFile.write(path: "\(directory)/\(name)", tensors: shard, metadata: metadata)
    }
    let index: JSON = ["metadata": ["total_size": .int(size)], "weight_map": .object(owners)]
    try AtomicFile.write(
      index.serialized(pretty: true, sortedKeys: true), to: "\(directory)/model.safetensors.index.json")
  }

  /// The tensors in order, cut before each one that would pass the limit.
  private static func shards(
    of tensors: [SafetensorsFile.Output], limit: Int?
  ) throws(HoldfastError) -> [[SafetensorsFile.Output]] {
    guard let limit else { return [tensors] }
    guard limit > 0 else {
      throw HoldfastError(
        .invalidArgument, "the size limit of a shard is \(limit) bytes; it must be positive")
    }
    var shards: [[SafetensorsFile.Output]] = [[]]
    var size = 0
    for tensor in tensors {
      let bytes = try tensor.byteCount()
      let (sum, overflow) = size.addingReportingOverflow(bytes)
      if !shards[shards.count - 1].isEmpty, overflow || sum > limit {
        shards.append([])
        size = bytes
      } else {
        size = sum
      }
      shards[shards.count - 1].append(tensor)
    }
    return shards
  }

  private static func digits(_ value: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
  }
}
