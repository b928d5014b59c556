// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/ledger.h.
public import CHoldfast
import Holdfast

/// A ledger with its rows in C memory.
final class LedgerHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_ledger" }
  let ledger: Ledger
  private let ids: CStrings
  private let digests: CStrings
  private let logProbabilities: CArray<Double>
  private let scores: CArray<Double>
  private let probabilities: CArray<Double>
  private let starts: [Int]

  init(_ ledger: Ledger) throws(HoldfastError) {
    self.ledger = ledger
    ids = try CStrings(ledger.rows.map(\.id))
    digests = try CStrings(ledger.rows.map(\.promptDigest))
    logProbabilities = try CArray(ledger.rows.flatMap(\.logProbabilities))
    scores = try CArray(ledger.rows.flatMap(\.scores))
    probabilities = try CArray(ledger.rows.flatMap(\.probabilities))
    var starts: [Int] = []
    var next = 0
    for row in ledger.rows {
      starts.append(next)
      next += row.scores.count
    }
    self.starts = starts
  }

  /// A row as C sees it.
  func row(_ index: Int) throws(HoldfastError) -> holdfast_ledger_row {
    guard ledger.rows.indices.contains(index) else {
      throw HoldfastError(
        .invalidArgument, "row \(UInt(bitPattern: index)) does not exist; the ledger has \(ledger.count)")
    }
    let row = ledger.rows[index]
    let start = starts[index]
    return holdfast_ledger_row(
      struct_size: UInt32(MemoryLayout<holdfast_ledger_row>.size),
      choice_count: Int32(clamping: row.scores.count),
      prediction: Int32(clamping: row.predicted), gold: row.gold.map { Int32(clamping: $0) } ?? -1,
      confidence: row.confidence, id: ids[index], prompt_digest: digests[index],
      log_probabilities: logProbabilities.pointer(at: start), scores: scores.pointer(at: start),
      probabilities: probabilities.pointer(at: start))
  }
}

extension holdfast_ledger_row: Options {
  static var type: String { "holdfast_ledger_row" }
  static var sizes: [Int] { [64] }
  static var defaults: holdfast_ledger_row { holdfast_ledger_row() }
}

@c @implementation
public func holdfast_ledger_load(
  _ path: UnsafePointer<CChar>?, _ ledger: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(ledger, "ledger")
    try output.set(LedgerHandle(try Ledger.load(try pathArgument(path))))
  }
}

@c @implementation
public func holdfast_ledger_save(
  _ ledger: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(ledger, "ledger", as: LedgerHandle.self)
    try handle.ledger.save(to: try pathArgument(path))
  }
}

@c @implementation
public func holdfast_ledger_free(_ ledger: OpaquePointer?) { HandleTable.remove(ledger, LedgerHandle.self) }

@c @implementation
public func holdfast_ledger_count(_ ledger: OpaquePointer?) -> Int {
  known(ledger, as: LedgerHandle.self)?.ledger.count ?? 0
}

@c @implementation
public func holdfast_ledger_get_row(
  _ ledger: OpaquePointer?, _ index: Int, _ row: UnsafeMutablePointer<holdfast_ledger_row>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    guard let row else {
      throw HoldfastError(.invalidArgument, "`row` is NULL; pass the address of a holdfast_ledger_row")
    }
    let size = try checkedSize(row)
    let handle = try handle(ledger, "ledger", as: LedgerHandle.self)
    fill(row, with: try handle.row(index), size: size)
  }
}

@c @implementation
public func holdfast_ledger_json(
  _ ledger: OpaquePointer?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let handle = try handle(ledger, "ledger", as: LedgerHandle.self)
    output.set(try allocateString(handle.ledger.json.text()))
  }
}
