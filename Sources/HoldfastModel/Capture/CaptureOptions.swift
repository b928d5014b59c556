public import HoldfastStorage

/// What is captured, and how it is written.
public struct CaptureOptions: Sendable, Equatable {
  /// Patterns of site names, as `Site.matching` takes them.
  public var sites = ["blocks.*.hook_resid_post"]
  /// The blocks whose sites are captured; `nil` means all.
  public var layers: [Int]?
  /// Which tokens are captured.
  public var positions = CapturePositions.last
  /// How the numbers are written.
  public var dtype = FloatPrecision.float32
  /// Whether the finished file is shuffled and deflated.
  public var compression = false
  /// The most bytes of activations that are held at once, beside the model and its scratch.
  public var memory = 512 << 20
  /// How many items are computed together at most; changes time and memory, never a number.
  public var batchSize = 64
  /// How many items a sealed segment holds at most; 0 seals every minute and every GiB.
  public var segmentItems = 0

  /// Makes the defaults: the residual stream after every block at the last token, as float32.
  public init() {}
}
