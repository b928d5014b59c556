public import HoldfastStorage
public import HoldfastTensor

extension Ledger {
  /// Writes the ledger atomically as what the path's ending says: `.csv`, `.jsonl` (rows alone), or HDF5 (everything).
  public func write(to path: String) throws(HoldfastError) {
    if path.hasSuffix(".csv") {
      try AtomicFile.write(table().csv(), to: path)
    } else if path.hasSuffix(".jsonl") {
      try AtomicFile.write(table().jsonLines(), to: path)
    } else {
      try save(to: path)
    }
  }

  /// Whether a path is a ledger file.
  public static func isLedger(_ path: String) -> Bool {
    guard FileSystem.exists(path), !FileSystem.isDirectory(path) else { return false }
    return (try? HDF5File(path: path, format: format)) != nil
  }

  /// Joins the answers of several models or checkpoints by question.
  ///
  /// The rows are those of the first ledger that all the others answer too, in its order, with `gold` and, for each
  /// ledger, `NAME_predicted`, `NAME_correct`, `NAME_confidence`, `NAME_probability` and `NAME_same_prompt` (whether its
  /// prompt's tokens are the first ledger's).
  /// - Throws: `invalidArgument` when names repeat, an id stands for another question, or nothing is shared.
  public static func joined(_ ledgers: [(name: String, ledger: Ledger)]) throws(HoldfastError) -> Table {
    let places = ledgers.map { _, ledger in
      Dictionary(ledger.rows.indices.map { (Array(ledger.rows[$0].id.utf8), $0) }) { first, _ in first }
    }
    let ids = (ledgers.first?.ledger.rows ?? []).map { Array($0.id.utf8) }
    let shared = ids.filter { id in places.allSatisfy { $0[id] != nil } }
    guard let first = ledgers.first?.ledger, !shared.isEmpty else {
      throw HoldfastError(.invalidArgument, "the ledgers have no question in common, by id")
    }
    var table = Table(axis: "item")
    let base = places[0]
    let rows = shared.compactMap { base[$0].map { first.rows[$0] } }
    try table.add("id", .text(rows.map { ByteString($0.id) }))
    try table.add("gold", .int32(rows.map { Int32(clamping: $0.gold ?? -1) }))
    for ((name, ledger), place) in zip(ledgers, places) {
      let own = shared.compactMap { place[$0].map { ledger.rows[$0] } }
      for (a, b) in zip(rows, own) where a.scores.count != b.scores.count || a.gold != b.gold {
        throw HoldfastError(
          .invalidArgument,
          "question '\(a.id)' has other choices or another answer in '\(name)'; join ledgers of the same questions"
        )
      }
      let column = { (part: String) in ByteString("\(name)_\(part)") }
      try table.add(column("predicted"), .int32(own.map { Int32(clamping: $0.predicted) }))
      try table.add(column("correct"), .bool(own.map { $0.isCorrect == true }))
      try table.add(column("confidence"), .double(own.map(\.confidence)))
      try table.add(column("probability"), .doubles(own.map(\.probabilities), axis: "choice"))
      try table.add(column("same_prompt"), .bool(zip(rows, own).map { $0.promptDigest == $1.promptDigest }))
    }
    return table
  }
}
