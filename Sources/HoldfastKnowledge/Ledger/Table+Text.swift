public import HoldfastStorage

extension Table {
  /// The table as comma-separated values (RFC 4180, a line feed behind each line), names first; a list of n numbers
  /// becomes n columns `name_0` …, a missing or undefined number an empty field.
  public func csv() -> [UInt8] {
    var fields: [[String]] = Array(repeating: [], count: count + 1)
    for name in names {
      guard let column = self[name] else { continue }
      let cells = column.cells
      let width = column.isList ? cells.map(\.count).max() ?? 0 : 1
      fields[0] += column.isList ? (0..<width).map { "\(name.text)_\($0)" } : [name.text]
      for (row, values) in cells.enumerated() {
        fields[row + 1] += (0..<width).map { $0 < values.count ? Self.field(values[$0]) : "" }
      }
    }
    return fields.flatMap { Array($0.joined(separator: ",").utf8) + [UInt8(ascii: "\n")] }
  }

  /// The table as one JSON object a line.
  public func jsonLines() -> [UInt8] {
    let columns = names.compactMap { name in self[name].map { (name, $0.cells, $0.isList) } }
    return (0..<count).flatMap { row in
      JSON.object(columns.map { ($0, $2 ? .array($1[row]) : $1[row][0]) }).serialized() + [UInt8(ascii: "\n")]
    }
  }

  private static func field(_ value: JSON) -> String {
    if let text = value.textValue {
      let needsQuotes = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
      guard needsQuotes else { return text }
      // By bytes: a quote may be one character with a mark behind it.
      let quote = UInt8(ascii: "\"")
      let doubled = text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
      return "\"" + String(decoding: doubled, as: UTF8.self) + "\""
    }
    return value.isNull ? "" : value.text()
  }
}

extension Table.Column {
  /// Whether a row holds a list.
  fileprivate var isList: Bool {
    switch self {
    case .floats, .doubles, .ints: true
    default: false
    }
  }

  /// Each row's values; one, unless the rows are lists.
  fileprivate var cells: [[JSON]] {
    switch self {
    case .int32(let values): values.map { [.int(Int($0))] }
    case .int64(let values): values.map { [.integer($0)] }
    case .float(let values): values.map { [.finite(Double($0))] }
    case .double(let values): values.map { [.finite($0)] }
    case .bool(let values): values.map { [.bool($0)] }
    case .text(let values): values.map { [.string($0)] }
    case .floats(let rows, _): rows.map { $0.map { .finite(Double($0)) } }
    case .doubles(let rows, _): rows.map { $0.map { .finite($0) } }
    case .ints(let rows, _): rows.map { $0.map { .int(Int($0)) } }
    }
  }
}
