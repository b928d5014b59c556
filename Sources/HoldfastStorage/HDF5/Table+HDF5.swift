public import HoldfastTensor

/// A table as datasets of a group that xarray opens as it is.
///
/// Truth values are `int8` with the attribute `dtype = "bool"` (xarray's convention). Lists are padded to the longest
/// one along their axis, with NaN or -1; the dataset `<name>_count` holds their lengths, and both say so in attributes.
extension Table {
  /// Writes the columns as datasets of `group`, which may hold other things too.
  public func write(to group: HDF5Group) throws(HoldfastError) {
    var widths: [ByteString: Int] = [:]
    for name in names {
      switch self[name] {
      case .floats(let rows, let axis): widths[axis] = rows.reduce(widths[axis] ?? 0) { max($0, $1.count) }
      case .doubles(let rows, let axis): widths[axis] = rows.reduce(widths[axis] ?? 0) { max($0, $1.count) }
      case .ints(let rows, let axis): widths[axis] = rows.reduce(widths[axis] ?? 0) { max($0, $1.count) }
      default: break
      }
    }
    // The coordinate, if there is one, must come first.
    let ordered = names.filter { $0 == axis } + names.filter { $0 != axis }
    for name in ordered {
      guard let column = self[name] else { continue }
      try write(name, column, widths, to: group)
    }
    try group.setAttribute("table_axis", .text(axis))
    try group.setAttribute(
      "table_columns", .text(ByteString(JSON.array(names.map(JSON.string)).serialized())))
  }

  private func write(
    _ name: ByteString, _ column: Column, _ widths: [ByteString: Int], to group: HDF5Group
  ) throws(HoldfastError) {
    let axes = [HDF5Axis(axis, count)]
    switch column {
    case .int32(let values): try group.write(name, values, axes: axes)
    case .int64(let values): try group.write(name, values, axes: axes)
    case .float(let values): try group.write(name, values, axes: axes)
    case .double(let values): try group.write(name, values, axes: axes)
    case .text(let values): try group.write(name, strings: values, axes: axes)
    case .bool(let values):
      let dataset = try group.write(name, values.map { Int8($0 ? 1 : 0) }, axes: axes)
      try dataset.setAttribute("dtype", .text("bool"))
    case .floats(let rows, let axis):
      try write(name, rows, pad: Float.nan, along: HDF5Axis(axis, widths[axis] ?? 0), to: group)
    case .doubles(let rows, let axis):
      try write(name, rows, pad: Double.nan, along: HDF5Axis(axis, widths[axis] ?? 0), to: group)
    case .ints(let rows, let axis):
      try write(name, rows, pad: Int32(-1), along: HDF5Axis(axis, widths[axis] ?? 0), to: group)
    }
  }

  private func write<T: HDF5Element>(
    _ name: ByteString, _ rows: [[T]], pad: T, along second: HDF5Axis, to group: HDF5Group
  ) throws(HoldfastError) {
    var values: [T] = []
    values.reserveCapacity(rows.count * second.length)
    for row in rows {
      values.append(contentsOf: row)
      values.append(contentsOf: repeatElement(pad, count: second.length - row.count))
    }
    let countName = name + "_count"
    let dataset = try group.write(name, values, axes: [HDF5Axis(axis, count), second])
    try dataset.setAttribute("list_counts", .text(countName))
    try dataset.setAttribute("list_axis", .text(second.name))
    let counts = try group.write(countName, rows.map { Int64($0.count) }, axes: [HDF5Axis(axis, count)])
    try counts.setAttribute("counts_of", .text(name))
  }

  /// Reads the table that `write(to:)` left in a group.
  ///
  /// Throws `corruptData` when a column is missing, damaged or of another length than the others.
  public init(reading group: HDF5Group) throws(HoldfastError) {
    self.init(axis: try group.text("table_axis"))
    let list = JSONNode(
      try group.json("table_columns"), document: "\(group.filePath): \(group.path), attribute 'table_columns'"
    )
    for node in try list.elements() {
      let name = try node.string()
      let dataset = try group.dataset(name)
      do throws(HoldfastError) {
        try add(name, try Self.column(dataset, in: group))
      } catch {
        throw HoldfastError(
          .corruptData, error.code == .corruptData ? error.message : "\(group.filePath): \(error.message)")
      }
    }
  }

  private static func column(_ dataset: HDF5Dataset, in group: HDF5Group) throws(HoldfastError) -> Column {
    switch (dataset.shape.count, dataset.type) {
    case (1, .int8): return .bool(try dataset.read(as: Int8.self).map { $0 != 0 })
    case (1, .int32): return .int32(try dataset.read())
    case (1, .int64): return .int64(try dataset.read())
    case (1, .float32): return .float(try dataset.read())
    case (1, .float64): return .double(try dataset.read())
    case (1, .string): return .text(try dataset.readStrings())
    case (2, .float32):
      let (rows, axis): ([[Float]], ByteString) = try lists(dataset, in: group)
      return .floats(rows, axis: axis)
    case (2, .float64):
      let (rows, axis): ([[Double]], ByteString) = try lists(dataset, in: group)
      return .doubles(rows, axis: axis)
    case (2, .int32):
      let (rows, axis): ([[Int32]], ByteString) = try lists(dataset, in: group)
      return .ints(rows, axis: axis)
    default:
      throw dataset.corrupt(
        "cannot be a column: it has \(dataset.shape.count) axes of \(dataset.type?.rawValue ?? "another type")"
      )
    }
  }

  private static func lists<T: HDF5Element>(
    _ dataset: HDF5Dataset, in group: HDF5Group
  ) throws(HoldfastError) -> ([[T]], axis: ByteString) {
    let counts = try group.dataset(try dataset.text("list_counts")).read(as: Int64.self)
    let width = dataset.shape[1]
    guard counts.count == dataset.shape[0], counts.allSatisfy({ $0 >= 0 && $0 <= width }) else {
      throw dataset.corrupt("has damaged counts")
    }
    let values: [T] = try dataset.read()
    let rows = counts.enumerated().map { i, count in
      Array(values[(i * width)..<(i * width + Int(count))])
    }
    return (rows, try dataset.text("list_axis"))
  }
}
