import Holdfast

/// Something that is timed.
struct Workload: Sendable {
  /// Its name on the command line and in files.
  let name: String
  /// What it is, in a line.
  let title: String
  /// What it is measured in.
  let unit: Unit
  /// What bounds it.
  let yardstick: Yardstick
  /// Makes ready what is not timed, and returns what is.
  let prepare: @Sendable (BenchSubject) throws(HoldfastError) -> Timed

  /// Does the work once.
  typealias Timed = () throws(HoldfastError) -> Sample

  /// The unit of a workload's figure.
  enum Unit: String, Sendable {
    case questions = "questions/s"
    case tokens = "tokens/s"
    case bytes = "MB/s"
    /// The time itself; less is better.
    case seconds = "s"

    /// Whether a larger figure is better.
    var largerIsBetter: Bool { self != .seconds }
  }

  /// What the machine can do at most, of the work that is needed.
  enum Yardstick: Sendable {
    /// Products of so many rows with the model's projections.
    case products(rows: Int)
    /// Reading the weights once for each token.
    case weights
    /// Writing to the disk of the folder.
    case disk
    /// Nothing that could be measured apart.
    case none
  }

  /// One run.
  struct Sample {
    /// Questions, tokens or bytes.
    var amount: Double
    /// How long they took.
    var seconds: Double
    /// Floating-point operations, or bytes, that the work needs; 0 when they are not counted.
    var needed = 0.0
  }

  /// Runs what is timed and makes a sample of it.
  static func timed(
    _ amount: Double, needed: Double = 0, _ work: () throws(HoldfastError) -> Void
  ) throws(HoldfastError) -> Sample {
    let clock = ContinuousClock()
    let start = clock.now
    try work()
    return Sample(amount: amount, seconds: (clock.now - start) / .seconds(1), needed: needed)
  }
}
