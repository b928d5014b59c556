public import HoldfastModel
import HoldfastStorage
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
  /// The seed of the order of the examples, and of the adapter's first values and dropout.
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
  /// The conversation template: a known name, `auto` for the model's own, or the path of a file.
  public var template = "vicuna"
  /// The rank of the LoRA adapter that is tuned while the parameters stay as they are; 0 tunes the parameters.
  public var loraRank = 0
  /// LoRA's alpha: the adapter counts alpha / rank times.
  public var loraAlpha = 32.0
  /// The probability with which an input of the adapter is dropped.
  public var loraDropout = 0.0
  /// The modules that get an adapter, such as `q_proj`; `all-linear` is every projection but the output's.
  public var loraTargetModules = ["all-linear"]
  /// Whether the adapter counts alpha / √rank times (rank-stabilised LoRA).
  public var useRSLoRA = false
  /// What a nat of KL(base ‖ tuned), the mean over the step's targets, costs beside the cross-entropy; the base is the model
  /// tuning began with. 0 leaves it out.
  public var klWeight = 0.0

  /// How the optimiser's moments are held: bfloat16 takes half the memory, and gives other results.
  public var momentPrecision = MomentPrecision.float32
  /// Whether a block's activations are computed again on the way back instead of kept: less memory, about a third more
  /// time. Never changes the result.
  public var recompute = false

  /// Makes the default options.
  public init() {}

  /// The adapter to tune, or `nil` to tune the parameters.
  public var adapter: AdapterConfiguration? {
    guard loraRank > 0 else { return nil }
    var adapter = AdapterConfiguration()
    adapter.rank = loraRank
    adapter.alpha = loraAlpha
    adapter.dropout = loraDropout
    adapter.targetModules = loraTargetModules.map { ByteString($0) }
    adapter.usesRSLoRA = useRSLoRA
    return adapter
  }
}
