/// A table for people: columns aligned, the first to the left and the rest to the right unless said otherwise.
struct Table {
  private let headings: [String]
  private let leftAligned: Set<Int>
  private var rows: [[String]] = []

  /// Makes an empty table; `leftAligned` names columns of words.
  init(_ headings: [String], leftAligned: Set<Int> = [0]) {
    self.headings = headings
    self.leftAligned = leftAligned
  }

  /// Appends a row; missing cells stay empty.
  mutating func append(_ row: [String]) { rows.append(row) }

  /// The table as lines, with a rule under the headings.
  var lines: [String] {
    let all = [headings] + rows
    let widths = headings.indices.map { column in
      all.map { column < $0.count ? $0[column].unicodeScalars.count : 0 }.max() ?? 0
    }
    func line(_ row: [String]) -> String {
      var text = ""
      for (column, width) in widths.enumerated() {
        let cell = column < row.count ? row[column] : ""
        let padding = String(repeating: " ", count: width - cell.unicodeScalars.count)
        text += (column == 0 ? "" : "  ") + (leftAligned.contains(column) ? cell + padding : padding + cell)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return [line(headings), rule] + rows.map(line)
  }

  /// Prints the table on standard output.
  func print() { lines.forEach(Console.print) }
}
