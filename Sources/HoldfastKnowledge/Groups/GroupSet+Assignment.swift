import HoldfastStorage
import HoldfastTensor

extension GroupSet {
  /// Where every row of the ledger went and why: a line for each group that took it, one line for a row no group took.
  ///
  /// Columns: `id`, `ledger_row`, `gold` and `predicted` (-1 for none), `confidence`, `standing`, `group` (empty for none),
  /// `place` in it (-1 for none), `label`, `matched_to`, `reason`.
  func assignment(of ledger: Ledger) throws(HoldfastError) -> Table {
    var taken: [[(group: Group, place: Int)]] = Array(repeating: [], count: ledger.count)
    for group in groups {
      for (place, row) in group.rows.enumerated() where taken.indices.contains(row.ledgerRow) {
        taken[row.ledgerRow].append((group, place))
      }
    }
    var lines: [(row: Int, group: Group?, place: Int)] = []
    for (row, uses) in taken.enumerated() {
      lines += uses.isEmpty ? [(row, nil, -1)] : uses.map { (row, $0.group, $0.place) }
    }
    let used = lines.map { line in line.group?.rows[line.place] }
    var table = Table(axis: "assignment")
    try table.add("id", .text(lines.map { ByteString(ledger.rows[$0.row].id) }))
    try table.add("ledger_row", .int64(lines.map { Int64($0.row) }))
    try table.add("gold", .int32(lines.map { Int32(clamping: ledger.rows[$0.row].gold ?? -1) }))
    try table.add("predicted", .int32(lines.map { Int32(clamping: ledger.rows[$0.row].predicted) }))
    try table.add("confidence", .double(lines.map { ledger.rows[$0.row].confidence }))
    try table.add("standing", .text(lines.map { ByteString(standings[$0.row].rawValue) }))
    try table.add("group", .text(lines.map { ByteString($0.group?.name.rawValue ?? "") }))
    try table.add("place", .int32(lines.map { Int32(clamping: $0.place) }))
    try table.add("label", .int32(used.map { Int32(clamping: $0?.label ?? -1) }))
    try table.add("matched_to", .text(used.map { ByteString($0?.matchedTo ?? "") }))
    try table.add("reason", .text(used.map { ByteString($0?.reason ?? "no group took it") }))
    return table
  }
}
