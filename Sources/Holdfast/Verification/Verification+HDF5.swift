extension Verification {
  /// How deep groups are followed: files made to do harm have no end.
  private static let depthLimit = 16

  /// Holdfast's own formats; a file of a newer one is not checked.
  private static let formats = [
    Model.checkpointFormat, Capture.format, Ledger.format, Study.format, StudySeries.format,
    CrossModelPatch.format,
  ]

  /// Checks an HDF5 file: all that any such file has, then what Holdfast's own have.
  mutating func checkHDF5(_ progress: ProgressHandler?) throws(HoldfastError) {
    let root = try HDF5File(path: path).root
    if case .text(let name) = try root.attribute("format") { format = name.text }
    if case .text(let text) = try root.attribute("format_version") { version = text.text }
    for known in Self.formats where known.name.text == format { _ = try HDF5File(path: path, format: known) }
    switch format {
    case "holdfast-model":
      try attempt("") { result throws(HoldfastError) in _ = try Model.load(result.path) }
      try check(root, "", isModel: true, progress)
    case "holdfast-activations":
      try attempt("") { result throws(HoldfastError) in try result.checkActivations(root) }
      try check(root, "", isModel: false, progress)
    default:
      if format == "holdfast-ledger" {
        try attempt("") { result throws(HoldfastError) in _ = try Ledger.load(result.path) }
      }
      try check(root, "", isModel: false, progress)
    }
  }

  /// Checks a group and all below it.
  private mutating func check(
    _ group: HDF5Group, _ path: String, isModel: Bool, depth: Int = 0, _ progress: ProgressHandler?
  ) throws(HoldfastError) {
    guard depth < Self.depthLimit else {
      return find(.structure, path, "groups lie deeper than \(Self.depthLimit); those below were not checked")
    }
    var members: [(name: ByteString, kind: HDF5Group.MemberKind)] = []
    try attempt(path.isEmpty ? "/" : path) { _ throws(HoldfastError) in members = try group.members() }
    for (name, kind) in members {
      let place = "\(path)/\(name.text)"
      switch kind {
      case .group:
        var child: HDF5Group?
        try attempt(place) { _ throws(HoldfastError) in child = try group.group(name) }
        if let child { try check(child, place, isModel: isModel, depth: depth + 1, progress) }
      case .dataset:
        try attempt(place) { result throws(HoldfastError) in
          try result.check(group.dataset(name), place, isModel: isModel)
        }
        datasets += 1
        try Progress(stage: "verify", done: datasets, total: 0, unit: "datasets").report(to: progress)
      case .dimension, .other: continue
      }
    }
    try attempt(path.isEmpty ? "/" : path) { _ throws(HoldfastError) in
      guard try group.attribute("table_columns") != nil else { return }
      _ = try Table(reading: group)
      // A ledger says how it was asked.
      if try group.attribute("settings") != nil, try group.optionalDataset("log_probability") != nil {
        _ = try Ledger(reading: group)
      }
    }
  }

  /// Reads a dataset in full: its axes, its checksum if it has one, and its numbers.
  private mutating func check(
    _ dataset: HDF5Dataset, _ place: String, isModel: Bool
  ) throws(HoldfastError) {
    let axes = try dataset.axes()
    let stored = try dataset.storedChecksum()
    if stored != nil { checksums += 1 }
    guard let type = dataset.type else { return }
    var digest: String?
    if type == .string {
      let strings = try dataset.readStrings()
      if stored != nil { digest = HDF5Dataset.checksum(strings) }
    } else {
      var hash = SHA256()
      var scan = NonFinite(type)
      try dataset.forEachPiece { first, bytes throws(HoldfastError) in
        if stored != nil { hash.update(bytes) }
        scan.look(at: bytes, first: first)
      }
      if stored != nil { digest = hash.hex }
      // The score of a key that a mask hides is minus infinity.
      if format != "holdfast-activations" || !axes.contains("key") { note(scan, place, isModel: isModel) }
    }
    if let stored, let digest, stored.text != digest {
      find(
        .checksum, place,
        "the content is not what was written: its SHA-256 is \(digest), the attribute 'sha256' says \(stored.text); restore "
          + "the file from a copy")
    }
  }

  /// Models have neither NaN nor infinities; elsewhere NaN stands for what is undefined or not there.
  private mutating func note(_ scan: NonFinite, _ place: String, isModel: Bool) {
    if isModel, let first = scan.firstNaN {
      find(.nonFinite, place, "\(scan.nans) of the numbers are NaN, first element \(first)")
    }
    if format != "holdfast-activations" || scan.infinities > overflows, let first = scan.firstInfinity {
      find(.nonFinite, place, "\(scan.infinities) of the numbers are infinite, first element \(first)")
    }
  }
}
