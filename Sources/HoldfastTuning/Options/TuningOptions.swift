public import HoldfastText

/// How to tune: batches, learning rate, optimiser and the form of the data.
///
/// Every value is checked by `validate()`. Names follow the options of `holdfast tune`.
public struct TuningOptions: Sendable, Equatable {
  /// Examples in one optimiser step; the last step of an epoch takes what is left.
  public var batchSize = 16
  /// The most examples computed together; 0 leaves it to `microBatchTokens`. Never changes the result.
  public var microBatchSize = 0
  /// The most tokens computed together (one longer example goes alone); bounds memory. Never changes the result.
  public var microBatchTokens = 1024
  /// Optimiser steps in all; 0 means as many as `epochs` has. Otherwise `epochs` does not count.
  public var maxSteps = 0
  /// Passes over the data; may be a fraction.
  public var epochs = 3.0
  /// The highest learning rate.
  public var learningRate = 2e-5
  /// How the learning rate changes.
  public var schedule = LearningRateSchedule.cosine
  /// The share of all steps over which the learning rate rises from 0, rounded up to whole steps.
  public var warmupRatio = 0.03
  /// AdamW's decoupled weight decay, on every tensor.
  public var weightDecay = 0.0
  /// The L2 norm down to which gradients are scaled; 0 means never.
  public var clipNorm = 1.0
  /// The seed of the order of the examples.
  public var seed: UInt64 = 42
  /// Whether each epoch has a new order; otherwise examples come as given.
  public var shuffle = true
  /// AdamW's decay of the first moment.
  public var beta1 = 0.9
  /// AdamW's decay of the second moment.
  public var beta2 = 0.999
  /// AdamW's term that keeps the denominator from 0.
  public var epsilon = 1e-8
  /// The most tokens of an example when instruction data becomes examples; 0 means the model's context.
  public var maxLength = 2048
  /// Whether an example starts with the beginning-of-sequence token.
  public var bosPolicy = BOSPolicy.never
  /// The name of the conversation template.
  public var template = "vicuna"

  /// Makes the default options.
  public init() {}
}
