public import HoldfastModel
public import HoldfastStorage

/// A tuned model and how it came about.
public struct TuningResult: Sendable {
  /// The model: its old weights under tuned parameters.
  public let model: Model
  /// Every step, in order.
  public let records: [TrainingRecord]
  /// The options it was tuned with.
  public let options: TuningOptions
  /// SHA-256 of the examples' tokens and labels, in hexadecimal.
  public let dataSHA256: String
  /// The number of examples.
  public let exampleCount: Int
  /// The fingerprint of the model the KL penalty is measured from, if there is a penalty.
  public let baseSHA256: String?

  /// Tokens of all steps.
  public var tokens: Int { records.reduce(0) { $0 + $1.tokens } }
  /// Target tokens of all steps.
  public var targetTokens: Int { records.reduce(0) { $0 + $1.targetTokens } }
  /// Time of all steps.
  public var seconds: Double { records.reduce(0) { $0 + $1.seconds } }

  /// The report as a JSON object: options, data, totals and every step.
  public var json: JSON {
    var json: JSON = [
      "options": options.json, "examples": .int(exampleCount), "data_sha256": .text(dataSHA256),
      "tokens": .int(tokens), "target_tokens": .int(targetTokens), "seconds": .number(seconds),
      "steps": .array(records.map(\.json)),
    ]
    if let baseSHA256 { json.set("base_sha256", .text(baseSHA256)) }
    return json
  }
}
