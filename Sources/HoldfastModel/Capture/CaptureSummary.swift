public import HoldfastStorage

/// What a capture did.
public struct CaptureSummary: Sendable {
  /// The file.
  public let path: String
  /// The items in it.
  public let items: Int
  /// The sites captured.
  public let sites: Int
  /// The items that were there already.
  public internal(set) var resumed = 0
  /// The tokens that were computed.
  public internal(set) var tokens = 0
  /// The length of the file.
  public internal(set) var bytes = 0
  /// How many finite numbers became infinite because the file's type does not reach so far.
  public internal(set) var overflows = 0
  /// The time from the first item to the finished file.
  public internal(set) var seconds = 0.0
  /// The part of it in which activations were computed.
  public internal(set) var computeSeconds = 0.0
  /// The part of it in which they were handed to the file system; sealing and joining segments is what remains.
  public internal(set) var writeSeconds = 0.0

  init(path: String, items: Int, sites: Int) {
    self.path = path
    self.items = items
    self.sites = sites
  }

  /// Tokens computed in a second, writing included; 0 when there was nothing to compute.
  public var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }

  /// All of it.
  public var json: JSON {
    [
      "path": .text(path), "items": .int(items), "resumed_items": .int(resumed), "sites": .int(sites),
      "tokens": .int(tokens), "bytes": .int(bytes), "overflows": .int(overflows), "seconds": .number(seconds),
      "compute_seconds": .number(computeSeconds), "write_seconds": .number(writeSeconds),
      "tokens_per_second": .number(tokensPerSecond),
    ]
  }
}
