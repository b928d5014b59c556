public import HoldfastStorage

/// How consistent untouched weights are with themselves when only the prompt changes.
///
/// A tuned model whose consistency on identical prompts lies above this has changed less than a rewording does.
public struct NoiseFloor: Sendable {
  /// One alternative prompt.
  public struct Prompt: Sendable {
    /// What was changed: `wording`, `template`, `demonstrations` or `rotation`.
    public var source: String
    /// To what.
    public var variant: String
    /// The mean rank-Pearson of the untouched model with itself.
    public var mean: Double
    /// The mean KL(usual‖this prompt) of the untouched model, in nats.
    public var divergence: Double
    /// The accuracy under this prompt, when the right answers are known.
    public var accuracy: Double?
    /// The rank-Pearson of each item; `nil` where undefined.
    public var items: [Double?]
  }

  /// Several prompts of one source, or of all.
  public struct Level: Sendable, Equatable {
    /// The source, or `all`.
    public var source: String
    /// How many prompts.
    public var prompts: Int
    /// The mean of the prompts' means.
    public var mean: Double
    /// The 2.5 % quantile of the prompts' means; with few prompts nearly their minimum.
    public var lowQuantile: Double
    /// The 2.5 % quantile over single items and prompts.
    public var itemLowQuantile: Double
    /// The mean of the prompts' mean KL, in nats.
    public var divergence: Double
    /// The 97.5 % quantile of the prompts' mean KL, in nats.
    public var divergenceHighQuantile: Double
  }

  /// The prompts.
  public let prompts: [Prompt]
  /// How many questions each was tried on.
  public let questions: Int

  /// Makes a floor of prompts that were tried.
  public init(prompts: [Prompt], questions: Int) {
    self.prompts = prompts
    self.questions = questions
  }

  /// Each source on its own, in the order they were tried, then all together.
  public var levels: [Level] {
    var sources: [String] = []
    for prompt in prompts where !sources.contains(prompt.source) { sources.append(prompt.source) }
    return sources.map { source in level(source, prompts.filter { $0.source == source }) } + [overall]
  }

  /// All prompts together.
  public var overall: Level { level("all", prompts) }

  private func level(_ source: String, _ prompts: [Prompt]) -> Level {
    let means = prompts.map(\.mean)
    return Level(
      source: source, prompts: prompts.count, mean: Statistics.mean(means),
      lowQuantile: Statistics.quantile(means, 0.025),
      itemLowQuantile: Statistics.quantile(prompts.flatMap { $0.items.compactMap { $0 } }, 0.025),
      divergence: Statistics.mean(prompts.map(\.divergence)),
      divergenceHighQuantile: Statistics.quantile(prompts.map(\.divergence), 0.975))
  }

  /// Prompts and levels.
  public var json: JSON {
    [
      "questions": .int(questions),
      "prompts": .array(
        prompts.map {
          [
            "source": .text($0.source),
            "variant": .text($0.variant),
            "rank_pearson": .number($0.mean),
            "kl": .number($0.divergence),
            "accuracy": .optional($0.accuracy),
          ]
        }),
      "levels": .array(
        levels.map {
          [
            "source": .text($0.source),
            "prompts": .int($0.prompts),
            "mean": .number($0.mean),
            "quantile_0.025": .number($0.lowQuantile),
            "item_quantile_0.025": .number($0.itemLowQuantile),
            "kl": .number($0.divergence),
            "kl_quantile_0.975": .number($0.divergenceHighQuantile),
          ]
        }),
    ]
  }
}
