public import HoldfastStorage

/// What one optimiser step saw and did.
public struct TrainingRecord: Sendable, Equatable {
  /// The step, counted from 1.
  public var step: Int
  /// The mean −log P over the step's target tokens before the update, in nats.
  public var loss: Double
  /// The mean KL(base ‖ tuned) over the same targets, in nats; `nil` where tuning had no such penalty.
  public var kl: Double?
  /// The learning rate of the update.
  public var learningRate: Double
  /// The L2 norm of all gradients before clipping.
  public var gradientNorm: Double
  /// Tokens of the step's examples.
  public var tokens: Int
  /// Tokens the loss was taken at.
  public var targetTokens: Int
  /// Time taken; the one figure here that two equal runs do not share.
  public var seconds: Double

  /// The record as a JSON object.
  public var json: JSON {
    var json: JSON = [
      "step": .int(step), "loss": .number(loss), "learning_rate": .number(learningRate),
      "gradient_norm": .number(gradientNorm), "tokens": .int(tokens), "target_tokens": .int(targetTokens),
      "seconds": .number(seconds),
    ]
    if let kl { json.set("kl", .number(kl)) }
    return json
  }
}
