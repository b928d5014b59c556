import ArgumentParser
import Holdfast

/// How `compare` decides.
struct GateArguments: ParsableArguments {
  @Option(name: .long, parsing: .unconditional, help: "The bound of the gate, -1 to 1.")
  var minConsistency = CompareOptions().minConsistency

  @Option(
    name: .long,
    help: "What the interval is held against: --min-consistency, or the noise floor's 2.5 % quantile.")
  var gate = CompareOptions().rule

  @Option(
    name: .long,
    help:
      "Alternative prompts that the noise floor is measured with (default: 0, and 5 with --gate noise-floor)."
  )
  var floorPrompts: Int?

  @Option(name: .long, help: "Questions the noise floor is measured on.")
  var floorLimit = 100

  @Option(name: .long, help: "The coverage of every interval.")
  var confidence = CompareOptions().bootstrap.level

  @Option(name: .long, help: "Bootstrap resamples.")
  var resamples = CompareOptions().bootstrap.resamples

  /// The engine's options, checked.
  func options() throws(HoldfastError) -> CompareOptions {
    var options = CompareOptions()
    try Self.check(
      (-1...1).contains(minConsistency), "--min-consistency is \(minConsistency); it must lie in -1 … 1")
    try Self.check(
      confidence > 0 && confidence < 1, "--confidence is \(confidence); it must lie between 0 and 1")
    try Self.check(
      (100...10_000_000).contains(resamples), "--resamples is \(resamples); it must be 100 to 10000000")
    try Self.check((0...1000).contains(floorPrompts ?? 0), "--floor-prompts must be 0 to 1000")
    try Self.check(floorLimit > 0, "--floor-limit is \(floorLimit); it must be 1 or more")
    options.minConsistency = minConsistency
    options.rule = gate
    options.floorPrompts = floorPrompts ?? (gate == .noiseFloor ? 5 : 0)
    options.floorLimit = floorLimit
    options.bootstrap.level = confidence
    options.bootstrap.resamples = resamples
    return options
  }

  private static func check(_ good: Bool, _ message: String) throws(HoldfastError) {
    guard good else { throw HoldfastError(.invalidArgument, message) }
  }
}
