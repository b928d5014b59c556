internal import CHoldfastKernels

/// Notes whether the working memory of ops ran out while they computed.
///
/// Ops do not throw: one that cannot get its working memory leaves its results undefined, as a division by zero leaves a
/// NaN, and the failure is counted on the thread that called it. Whoever runs a series of ops makes a watch before it and
/// checks it, on the same thread, before the results are used.
public struct MemoryWatch: Sendable {
  private let failures = holdfast_scratch_failures()

  /// Begins to watch.
  public init() {}

  /// Throws `outOfMemory` if an op ran out of working memory since the watch began.
  public func check() throws(HoldfastError) {
    guard holdfast_scratch_failures() != failures else { return }
    throw HoldfastError(
      .outOfMemory,
      "there was not enough memory to compute with; close other programs, or use smaller batches or shorter texts"
    )
  }
}
