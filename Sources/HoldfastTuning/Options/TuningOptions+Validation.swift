public import HoldfastTensor

extension TuningOptions {
  /// Throws `invalidArgument`, naming the option, its value and its range, unless every value can be used.
  public func validate() throws(HoldfastError) {
    try Self.check("batch_size", batchSize, 1...1_000_000)
    try Self.check("micro_batch_size", microBatchSize, 0...1_000_000)
    try Self.check("micro_batch_tokens", microBatchTokens, 1...(1 << 24))
    try Self.check("max_steps", maxSteps, 0...1_000_000_000)
    try Self.check("max_length", maxLength, 0...(1 << 24))
    try Self.check("epochs", epochs, "above 0 and at most 1000000") { $0 > 0 && $0 <= 1e6 }
    try Self.check("learning_rate", learningRate, "above 0 and at most 10") { $0 > 0 && $0 <= 10 }
    try Self.check("warmup_ratio", warmupRatio, "in 0 … 1") { $0 >= 0 && $0 <= 1 }
    try Self.check("weight_decay", weightDecay, "in 0 … 10") { $0 >= 0 && $0 <= 10 }
    try Self.check("clip_norm", clipNorm, "0 (never) or above, and finite") { $0 >= 0 && $0.isFinite }
    try Self.check("beta1", beta1, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try Self.check("beta2", beta2, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try Self.check("epsilon", epsilon, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    try Self.check("lora_rank", loraRank, 0...65536)
    try Self.check("lora_alpha", loraAlpha, "above 0 and at most 1000000") { $0 > 0 && $0 <= 1e6 }
    try Self.check("lora_dropout", loraDropout, "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    try Self.check("kl_weight", klWeight, "in 0 (no penalty) … 1000000") { $0 >= 0 && $0 <= 1e6 }
    guard !loraTargetModules.isEmpty, loraTargetModules.allSatisfy({ !$0.isEmpty }) else {
      throw HoldfastError(
        .invalidArgument,
        "tuning option lora_target_modules is empty or has an empty name; name modules such as q_proj, or all-linear"
      )
    }
  }

  private static func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(HoldfastError) {
    guard !range.contains(value) else { return }
    throw HoldfastError(
      .invalidArgument,
      "tuning option \(name) is \(value); it must be in \(range.lowerBound) … \(range.upperBound)")
  }

  private static func check(
    _ name: String, _ value: Double, _ demand: String, _ holds: (Double) -> Bool
  ) throws(HoldfastError) {
    guard !holds(value) else { return }
    throw HoldfastError(.invalidArgument, "tuning option \(name) is \(value); it must be \(demand)")
  }
}
