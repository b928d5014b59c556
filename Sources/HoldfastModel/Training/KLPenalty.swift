/// A penalty on how far a model in training is from another: weight · KL(base ‖ model), in nats, over the whole vocabulary
/// at every target, both models reading the same tokens.
///
/// Source of the idea: KL control of Jaques et al. 2017 (arXiv 1611.02796), who take KL(model ‖ base) instead.
public struct KLPenalty: Sendable {
  /// The model to stay close to. It computes without dropout, from its weights as they lie in their file.
  public let base: Model
  /// What a nat of the mean over the targets costs beside the cross-entropy.
  public let weight: Double

  /// Makes a penalty.
  public init(base: Model, weight: Double) {
    self.base = base
    self.weight = weight
  }
}

/// Sums over targets, in nats; one chain each over the targets in order.
public struct LossSums: Sendable, Equatable {
  /// Of −log P(target).
  public var crossEntropy = 0.0
  /// Of KL(base ‖ model), 0 without a penalty.
  public var divergence = 0.0

  /// Makes sums that are zero.
  public init() {}
}
