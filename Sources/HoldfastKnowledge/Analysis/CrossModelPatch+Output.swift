public import HoldfastStorage
public import HoldfastTensor

extension CrossModelPatch {
  /// The format of files of patching curves.
  public static let format = FileFormat(name: "holdfast-patch", major: 1, minor: 1)

  /// One row for each curve and layer.
  public func table() throws(HoldfastError) -> Table {
    var table = Table(axis: "row")
    let rows = curves.flatMap { curve in layers.indices.map { (curve, $0) } }
    try table.add("curve", .text(rows.map { ByteString($0.0.name) }))
    try table.add("null", .bool(rows.map { $0.0.isNull }))
    try table.add("layer", .int32(rows.map { Int32(clamping: layers[$0.1]) }))
    let bands: [(ByteString, (Curve) -> SimultaneousBand)] = [
      ("consistency_with_self", { $0.withSelf }), ("consistency_with_source", { $0.withSource }),
      ("accuracy", { $0.accuracy }), ("flipped", { $0.flipped }),
    ]
    for (name, band) in bands {
      try table.add(name, .double(rows.map { band($0.0).values[$0.1] }))
      try table.add(ByteString(name.text + "_lower"), .double(rows.map { band($0.0).lower[$0.1] }))
      try table.add(ByteString(name.text + "_upper"), .double(rows.map { band($0.0).upper[$0.1] }))
    }
    for flip in Flip.allCases {
      try table.add(
        ByteString(flip.rawValue), .int32(rows.map { Int32(clamping: $0.0.flips[$0.1][flip]) }))
    }
    return table
  }

  /// Writes the curves as what the path's ending says: `.csv`, `.jsonl`, `.json` (everything but the answers), or HDF5
  /// with the answers of every patched model as ledgers.
  public func write(to path: String) throws(HoldfastError) {
    if path.hasSuffix(".csv") { return try AtomicFile.write(table().csv(), to: path) }
    if path.hasSuffix(".jsonl") { return try AtomicFile.write(table().jsonLines(), to: path) }
    if path.hasSuffix(".json") { return try AtomicFile.write(json.serialized(pretty: true), to: path) }
    try HDF5File.write(to: path, format: Self.format) { root throws(HoldfastError) in
      try root.setAttribute("settings", .text(ByteString(settingsJSON.serialized())))
      try table().write(to: root.makeGroup("curves"))
      let ledgers = try root.makeGroup("ledgers")
      try base.write(to: ledgers.makeGroup("base"))
      try tuned.write(to: ledgers.makeGroup("tuned"))
      for curve in curves {
        let group = try ledgers.makeGroup(ByteString(curve.name))
        for (layer, ledger) in zip(layers, curve.ledgers) {
          try ledger.write(to: group.makeGroup(ByteString("layer \(layer)")))
        }
      }
    }
  }

  /// How it was patched.
  public var settingsJSON: JSON {
    let (what, site) =
      switch options.subject {
      case .activations(let kind): ("activations", kind.rawValue)
      case .weights(let part): ("weights", part.rawValue)
      }
    return [
      "patched": .text(what), "site": .text(site), "positions": options.positions.json,
      "layers": .array(layers.map { .int($0) }), "seed": .text(String(options.seed)),
      "level": .number(options.bootstrap.level), "resamples": .int(options.bootstrap.resamples),
      "bands": "item bootstrap, corrected over layers by the largest statistic",
      "base": base.settings.json, "tuned": tuned.settings.json,
    ]
  }

  /// Settings, the unpatched models' numbers and all curves.
  public var json: JSON {
    [
      "settings": settingsJSON, "base": base.summaryJSON, "tuned": tuned.summaryJSON,
      "curves": .array(
        curves.map { curve in
          [
            "name": .text(curve.name), "null": .bool(curve.isNull),
            "consistency_with_self": curve.withSelf.json, "consistency_with_source": curve.withSource.json,
            "accuracy": curve.accuracy.json, "flipped": curve.flipped.json,
            "flips": .array(curve.flips.map(\.json)),
          ]
        }),
      "beyond_random": .object(beyondRandom.map { (ByteString($0.name), $0.band.json) }),
    ]
  }

  /// The curves as a table in plain text.
  public var text: String {
    var lines: [String] = []
    for curve in curves {
      lines.append(curve.isNull ? "\(curve.name) (null)" : curve.name)
      lines.append("  layer  consistency with itself    with the source   accuracy   changed answers")
      for (place, layer) in layers.enumerated() {
        let own = curve.withSelf
        lines.append(
          "  \(Self.pad("\(layer)", 5))  \(own.values[place].fixed(3)) [\(own.lower[place].fixed(3)), "
            + "\(own.upper[place].fixed(3))]   \(Self.pad(curve.withSource.values[place].fixed(3), 15))   "
            + "\(Self.pad(curve.accuracy.values[place].fixed(3), 8))   \(curve.flipped.values[place].fixed(3))"
        )
      }
    }
    for (name, band) in beyondRandom {
      let beyond = zip(layers, band.p).filter { $0.1 < 0.05 }.map { String($0.0) }
      lines.append(
        "\(name) moves answers otherwise than a random direction of equal norm at "
          + (beyond.isEmpty ? "no layer" : "the layers \(beyond.joined(separator: ", "))")
          + " (corrected over layers, 5 %)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
