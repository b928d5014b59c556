// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/compare.h.
public import CHoldfast
import Holdfast

/// The outcome of a comparison.
final class ComparisonHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_comparison" }
  let comparison: Comparison

  init(_ comparison: Comparison) { self.comparison = comparison }
}

extension holdfast_compare_options: Options {
  static var type: String { "holdfast_compare_options" }
  static var sizes: [Int] { [56] }

  // In the order of the enumerations of C.
  private static let rules: [Gate.Rule] = [.absolute, .noiseFloor]
  private static let methods: [Bootstrap.Method] = [.percentile, .bca]

  static var defaults: holdfast_compare_options {
    let options = CompareOptions()
    return holdfast_compare_options(
      struct_size: UInt32(MemoryLayout<Self>.size), resamples: Int32(clamping: options.bootstrap.resamples),
      confidence_level: options.bootstrap.level, min_consistency: options.minConsistency,
      seed: options.bootstrap.seed, rule: index(options.rule, in: rules),
      method: index(options.bootstrap.method, in: methods),
      floor_prompts: Int32(clamping: options.floorPrompts),
      examples: Int32(clamping: options.examples), floor_limit: UInt64(clamping: options.floorLimit ?? 0))
  }

  /// The options as the engine takes them.
  func resolved() throws(HoldfastError) -> CompareOptions {
    var options = CompareOptions()
    options.bootstrap.resamples = Int(try number(resamples, "resamples", in: 100...10_000_000))
    guard confidence_level > 0, confidence_level < 1 else {
      throw HoldfastError(
        .invalidArgument,
        "`confidence_level` is \(confidence_level); pass a number between 0 and 1, such as 0.95")
    }
    options.bootstrap.level = confidence_level
    options.bootstrap.seed = seed
    options.bootstrap.method = try choice(method, "method", Self.methods)
    options.minConsistency = try number(min_consistency, "min_consistency", in: -1...1)
    options.rule = try choice(rule, "rule", Self.rules)
    options.floorPrompts = Int(try number(floor_prompts, "floor_prompts", in: 0...1000))
    options.examples = Int(try number(examples, "examples", in: 0...1000))
    options.floorLimit = floor_limit == 0 ? nil : try count(floor_limit, "floor_limit")
    return options
  }
}

@c @implementation
public func holdfast_compare_options_init(
  _ options: UnsafeMutablePointer<holdfast_compare_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_compare_models(
  _ before: OpaquePointer?, _ after: OpaquePointer?, _ questions: OpaquePointer?,
  _ demonstrations: OpaquePointer?,
  _ probeOptions: UnsafePointer<holdfast_probe_options>?, _ options: UnsafePointer<holdfast_compare_options>?,
  _ progress: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?,
  _ comparison: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(comparison, "comparison")
    let before = try handle(before, "before", as: ModelHandle.self)
    let after = try handle(after, "after", as: ModelHandle.self)
    let questions = try handle(questions, "questions", as: QuestionsHandle.self)
    let shown = try optionalHandle(demonstrations, "demonstrations", as: QuestionsHandle.self)
    let result = try Comparison.run(
      before: before.model, after: after.model, questions: questions.questions,
      demonstrations: shown?.questions,
      probe: try readOptions(probeOptions).resolved(), options: try readOptions(options).resolved(),
      progress: progressHandler(progress, userData))
    try output.set(ComparisonHandle(result))
  }
}

@c @implementation
public func holdfast_compare_ledgers(
  _ before: OpaquePointer?, _ after: OpaquePointer?, _ options: UnsafePointer<holdfast_compare_options>?,
  _ comparison: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(comparison, "comparison")
    let before = try handle(before, "before", as: LedgerHandle.self)
    let after = try handle(after, "after", as: LedgerHandle.self)
    let result = try Comparison(
      before: before.ledger, after: after.ledger, options: try readOptions(options).resolved())
    try output.set(ComparisonHandle(result))
  }
}

@c @implementation
public func holdfast_comparison_free(_ comparison: OpaquePointer?) {
  HandleTable.remove(comparison, ComparisonHandle.self)
}

@c @implementation
public func holdfast_comparison_consistency(_ comparison: OpaquePointer?) -> holdfast_interval {
  let estimate = known(comparison, as: ComparisonHandle.self)?.comparison.gate.consistency
  return holdfast_interval(estimate?.value, estimate?.interval)
}

@c @implementation
public func holdfast_comparison_accuracy_before(_ comparison: OpaquePointer?) -> holdfast_interval {
  let accuracy = known(comparison, as: ComparisonHandle.self)?.comparison.before.accuracy
  return holdfast_interval(accuracy?.value, accuracy?.interval)
}

@c @implementation
public func holdfast_comparison_accuracy_after(_ comparison: OpaquePointer?) -> holdfast_interval {
  let accuracy = known(comparison, as: ComparisonHandle.self)?.comparison.after.accuracy
  return holdfast_interval(accuracy?.value, accuracy?.interval)
}

@c @implementation
public func holdfast_comparison_verdict(_ comparison: OpaquePointer?) -> holdfast_verdict {
  switch known(comparison, as: ComparisonHandle.self)?.comparison.gate.verdict {
  case .passes: HOLDFAST_VERDICT_PASSES
  case .fails: HOLDFAST_VERDICT_FAILS
  case .undecided, nil: HOLDFAST_VERDICT_UNDECIDED
  }
}

@c @implementation
public func holdfast_comparison_passes(_ comparison: OpaquePointer?) -> Int32 {
  known(comparison, as: ComparisonHandle.self)?.comparison.gate.verdict == .passes ? 1 : 0
}

@c @implementation
public func holdfast_comparison_json(
  _ comparison: OpaquePointer?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let handle = try handle(comparison, "comparison", as: ComparisonHandle.self)
    output.set(try allocateString(handle.comparison.json.text()))
  }
}

extension holdfast_interval {
  /// An estimate as C sees it; NaN where there is none.
  init(_ value: Double?, _ interval: Interval?) {
    self.init(mean: value ?? .nan, low: interval?.lower ?? .nan, high: interval?.upper ?? .nan)
  }
}
