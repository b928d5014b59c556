extension Inspection {
  /// How deep groups are followed, and how many datasets are listed: files made to do harm have no end.
  private static let depthLimit = 16
  private static let datasetLimit = 100_000
  /// The root attributes that Holdfast's formats have.
  private static let attributes: [ByteString] = [
    "format", "format_version", "creator", "created", "source_model", "source_sha256", "model",
    "model_sha256", "kernel",
    "mode", "step", "steps",
  ]

  /// An HDF5 file: the root attributes of Holdfast's formats, the summary of a study, and every dataset.
  static func hdf5(_ path: String) throws(HoldfastError) -> JSON {
    let file = try HDF5File(path: path)
    var members: [(key: ByteString, value: JSON)] = [("path", .text(path)), ("format", "hdf5")]
    for name in attributes {
      guard let attribute = try file.root.attribute(name) else { continue }
      if name == "format" {
        members[1].value = value(attribute)
      } else {
        members.append((name, value(attribute)))
      }
    }
    members.append(("bytes", .int(try FileSystem.size(path))))
    if case .string("holdfast-activations") = members[1].value {
      return .object(members + (try activations(file)))
    }
    var datasets: [JSON] = []
    try list(file.root, into: &datasets, depth: 0)
    members.append(("datasets", .object([("count", .int(datasets.count)), ("list", .array(datasets))])))
    return .object(members)
  }

  private static func list(_ group: HDF5Group, into datasets: inout [JSON], depth: Int) throws(HoldfastError)
  {
    guard depth < depthLimit else { return }
    for (name, kind) in try group.members() where datasets.count < datasetLimit {
      switch kind {
      case .group: try list(group.group(name), into: &datasets, depth: depth + 1)
      case .dataset: datasets.append(try describe(group.dataset(name)))
      default: continue
      }
    }
  }

  private static func describe(_ dataset: HDF5Dataset) throws(HoldfastError) -> JSON {
    .object([
      ("name", .text(dataset.path)), ("type", .text(dataset.type?.description ?? "other")),
      ("shape", .array(dataset.shape.map { .int($0) })),
      ("axes", .array(try dataset.axes().map { $0.map { .string($0) } ?? .null })),
    ])
  }

  private static func value(_ attribute: HDF5Attribute) -> JSON {
    switch attribute {
    case .text(let text): .string(text)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .texts(let texts): .array(texts.map { .string($0) })
    case .integers(let values): .array(values.map { .integer($0) })
    case .numbers(let values): .array(values.map { .number($0) })
    }
  }
}
