import HoldfastStorage
public import HoldfastTensor

/// A directory in which a ledger grows, segment by sealed segment, so that a killed probe goes on where it was.
public final class LedgerStore: Sendable {
  private let segments: SegmentStore

  /// Opens the directory for writing; throws `io` when another process writes to it.
  public init(_ directory: String) throws(HoldfastError) {
    segments = try SegmentStore(writing: directory, format: Ledger.format)
  }

  /// How many rows the sealed segments of a directory hold; anyone may ask at any time.
  public static func count(in directory: String) throws(HoldfastError) -> Int {
    let segments = SegmentStore(reading: directory, format: Ledger.format)
    var count = 0
    for number in try segments.numbers() { count += try segments.open(number).root.dataset("gold").count }
    return count
  }

  /// The rows sealed so far.
  ///
  /// Throws `invalidArgument` when they belong to another probe, model or list of questions.
  func resume(_ settings: LedgerSettings, ids: [String]) throws(HoldfastError) -> [LedgerRow] {
    var rows: [LedgerRow] = []
    for number in try segments.numbers() {
      let sealed = try Ledger(reading: segments.open(number).root)
      guard sealed.settings.asks(theSameAs: settings) else {
        throw HoldfastError(
          .invalidArgument,
          "\(segments.directory): it holds answers of another probe, model or list of questions; remove it or give "
            + "another directory")
      }
      rows += sealed.rows
    }
    guard rows.count <= ids.count, zip(rows, ids).allSatisfy({ $0.id == $1 }) else {
      throw HoldfastError(
        .invalidArgument,
        "\(segments.directory): it holds answers to other questions; remove it or give another directory")
    }
    return rows
  }

  /// Seals rows behind those that are there.
  func append(_ rows: [LedgerRow], settings: LedgerSettings) throws(HoldfastError) {
    try segments.append { root throws(HoldfastError) in
      try Ledger(settings: settings, rows: rows).write(to: root)
    }
  }

  /// Removes all segments, once a ledger is kept elsewhere.
  public func removeAll() throws(HoldfastError) { try segments.removeAll() }
}

extension LedgerSettings {
  /// Whether two probes must give the same answers: all but the kernel, the paths and the batch size agree.
  func asks(theSameAs other: LedgerSettings) -> Bool {
    var (mine, theirs) = (self, other)
    (mine.kernel, mine.modelPath, mine.questions) = (theirs.kernel, theirs.modelPath, theirs.questions)
    (mine.options.batchSize, mine.options.prefixSharing) = (
      theirs.options.batchSize, theirs.options.prefixSharing
    )
    return mine == theirs
  }
}
