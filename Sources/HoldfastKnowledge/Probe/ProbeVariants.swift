import Glibc
import HoldfastStorage

extension ProbeOptions {
  /// The single probes that an averaged one is made of: every demonstration set with every rotation; itself alone when
  /// nothing is averaged.
  ///
  /// - Parameter choices: the most choices a question has.
  func variants(choices: Int) -> [ProbeOptions] {
    let shown = averagesRotations ? Array(0..<max(choices, 1)) : [rotation]
    return (0..<UInt64(max(demonstrationSets, 1))).flatMap { set in
      shown.map { rotation in
        with {
          $0.seed = seed &+ set
          $0.rotation = rotation
          $0.averagesRotations = false
          $0.demonstrationSets = 1
        }
      }
    }
  }
}

extension LedgerRow {
  /// One row from the answers to several prompts: probabilities are averaged choice by choice, so that no place and no
  /// demonstration is favoured; what every prompt gave is kept in `variants`.
  ///
  /// - Parameter rows: the answers, at least one; a prompt rotated by more places than the question has choices repeats
  ///   another one and is passed over by the caller.
  static func averaging(_ rows: [LedgerRow]) -> LedgerRow {
    let first = rows[0]
    guard rows.count > 1 else { return first }
    let share = log(Double(rows.count))
    let averaged = { (values: (LedgerRow) -> [Double]) in
      first.scores.indices.map { choice in
        let column = rows.map { values($0)[choice] }
        let largest = column.max() ?? 0
        return largest + log(column.reduce(0) { $0 + exp($1 - largest) }) - share
      }
    }
    let digests = rows.map(\.promptDigest).joined(separator: "\n")
    var row = LedgerRow(
      id: first.id, gold: first.gold, logProbabilities: averaged(\.logProbabilities),
      tokenCounts: first.tokenCounts, characterCounts: first.characterCounts,
      unconditional: first.unconditional, scores: averaged(\.choiceLogProbabilities),
      promptTokens: first.promptTokens,
      promptDigest: SHA256.hex(Array(digests.utf8)))
    row.choiceTokens = first.choiceTokens
    row.variants = rows.map(\.scores)
    return row
  }
}
