/// A report from long work: what is being done and how far it has come.
public struct Progress: Sendable {
  /// The stage, such as `probe` or `tune incompatible`.
  public var stage: String
  /// Items finished so far.
  public var done: Int
  /// Items in total; 0 when not known.
  public var total: Int
  /// What is counted, in the plural: `questions`, `steps`, `tokens`.
  public var unit: String
  /// Anything worth a line: `loss 1.605`.
  public var detail: String

  /// Makes a report.
  public init(stage: String, done: Int, total: Int, unit: String, detail: String = "") {
    self.stage = stage
    self.done = done
    self.total = total
    self.unit = unit
    self.detail = detail
  }
}

/// Receives progress on the calling thread, with no lock held; returning `false` cancels the work.
public typealias ProgressHandler = (Progress) -> Bool

extension Progress {
  /// Reports to `handler`, and throws `cancelled` when it asks to stop.
  public func report(to handler: ProgressHandler?) throws(HoldfastError) {
    guard let handler, !handler(self) else { return }
    throw HoldfastError(.cancelled, "\(stage): cancelled at \(done) of \(total) \(unit)")
  }
}
