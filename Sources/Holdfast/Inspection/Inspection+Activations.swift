extension Inspection {
  /// What an activation file or a segment of one holds: how it was captured, and each kind of site with its shape.
  static func activations(_ file: HDF5File) throws(HoldfastError) -> [(key: ByteString, value: JSON)] {
    let root = file.root
    var sites: [JSON] = []
    var positions = 0
    for (name, kind) in try root.members() where kind == .dataset {
      let dataset = try root.dataset(name)
      guard case .text(let site) = try dataset.attribute("site") else { continue }
      let axes = try dataset.axes()
      for (axis, length) in zip(axes, dataset.shape) where axis == "position" { positions = length }
      sites.append([
        "site": .string(site), "type": .text(dataset.type?.description ?? "other"),
        "shape": .array(dataset.shape.map { .int($0) }),
        "axes": .array(axes.map { $0.map { .string($0) } ?? .null }),
      ])
    }
    let layers = try root.optionalDataset("layer")?.read(as: Int32.self) ?? []
    let source = try root.json("source")
    return [
      ("source_model_sha256", .string(try root.text("source_model_sha256"))),
      ("questions", source["questions"] ?? .null), ("texts", source["texts"] ?? .null),
      ("items", .int(try root.dataset("length").count)), ("of_items", .int(try root.int("items"))),
      ("layers", .array(layers.map { .integer(Int64($0)) })), ("positions", .int(positions)),
      ("overflows", try root.attribute("overflows") == nil ? .null : .int(try root.int("overflows"))),
      ("settings", try root.json("settings")),
      ("activations", .object([("count", .int(sites.count)), ("list", .array(sites))])),
    ]
  }
}
