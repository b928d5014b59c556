/// Tables of text, as summaries show them.
enum TextTable {
  /// An estimate with its interval.
  static func cell(_ estimate: Estimate, scale: Double, digits: Int) -> String {
    "\((scale * estimate.value).fixed(digits)) [\((scale * estimate.interval.lower).fixed(digits)), "
      + "\((scale * estimate.interval.upper).fixed(digits))]"
  }

  /// Columns padded to their widest cell.
  static func lines(_ head: [String], _ rows: [[String]]) -> [String] {
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    return ([head] + rows).map { cells in
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      var line = "  " + padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
