public import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor

/// How well a model knows an answer (SliCK; Gekhman et al., arXiv 2405.05904).
public enum KnowledgeCategory: String, Sendable, CaseIterable {
  /// The likeliest choice is right under every prompt.
  case highlyKnown = "highly-known"
  /// The likeliest choice is right under some prompts.
  case maybeKnown = "maybe-known"
  /// It never is, but a sample sometimes is.
  case weaklyKnown = "weakly-known"
  /// Neither.
  case unknown
}

/// How often a model is right about one question.
public struct Knowledge: Sendable, Equatable {
  /// The share of prompts whose likeliest choice is right.
  public var greedyRight: Double
  /// The share of samples, over all prompts, that are right.
  public var sampledRight: Double

  /// Makes a pair of shares, each 0 … 1.
  public init(greedyRight: Double, sampledRight: Double) {
    self.greedyRight = greedyRight
    self.sampledRight = sampledRight
  }

  /// The category that follows.
  public var category: KnowledgeCategory {
    if greedyRight >= 1 { return .highlyKnown }
    if greedyRight > 0 { return .maybeKnown }
    return sampledRight > 0 ? .weaklyKnown : .unknown
  }
}

/// How the categories are measured.
public struct SliCK: Sendable, Equatable {
  /// Random demonstration sets.
  public var prompts = 10
  /// Demonstrations in each.
  public var shots = 4
  /// Samples under each prompt.
  public var samples = 16
  /// Divides the choices' scores before a sample is drawn.
  public var temperature = 0.5
  /// The seed of the demonstration sets and the samples; a row's samples depend on its id alone.
  public var seed: UInt64 = 42

  /// Makes the published settings: 10 prompts of 4 demonstrations, 16 samples each at temperature 0.5.
  public init() {}

  /// Asks every question under every prompt.
  ///
  /// A sample is drawn from the choices, by the softmax of their scores over the temperature, where the publication draws
  /// free text and compares it with the answer.
  /// - Throws: what `Probe.run` throws; `invalidArgument` for a question without an answer.
  public func measure(
    _ model: Model, _ questions: QuestionSet, demonstrations: QuestionSet, options: ProbeOptions,
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> [Knowledge] {
    if let open = questions.prefix(options.limit).questions.first(where: { $0.answer == nil }) {
      throw HoldfastError(
        .invalidArgument,
        "\(questions.name): question '\(open.id)' has no answer, so nothing is known of knowing it")
    }
    var greedy: [Int] = []
    var sampled: [Int] = []
    for prompt in 0..<UInt64(max(prompts, 1)) {
      let ledger = try Probe.run(
        model, questions, demonstrations: demonstrations,
        options: options.with {
          $0.shots = shots
          $0.seed = seed &+ prompt
          $0.demonstrationSets = 1
        }, stage: "knowledge, prompt \(prompt + 1) of \(prompts)", progress: progress)
      if greedy.isEmpty {
        greedy = [Int](repeating: 0, count: ledger.count)
        sampled = greedy
      }
      for (index, row) in ledger.rows.enumerated() {
        greedy[index] += row.isCorrect == true ? 1 : 0
        sampled[index] += rightSamples(row, prompt)
      }
    }
    return zip(greedy, sampled).map {
      Knowledge(
        greedyRight: Double($0) / Double(max(prompts, 1)),
        sampledRight: Double($1) / Double(max(prompts, 1) * max(samples, 1)))
    }
  }

  /// How many of a row's samples are right.
  func rightSamples(_ row: LedgerRow, _ prompt: UInt64) -> Int {
    let shares = Statistics.softmax(row.scores.map { $0 / temperature })
    var random = RandomSource(seed: seed, id: "\(row.id) \(prompt)")
    return (0..<samples).count { _ in
      var draw = random.uniform()
      let choice = shares.firstIndex { share in
        draw -= share
        return draw < 0
      }
      return (choice ?? shares.count - 1) == row.gold
    }
  }

  /// All settings.
  public var json: JSON {
    [
      "prompts": .int(prompts), "shots": .int(shots), "samples": .int(samples),
      "temperature": .number(temperature),
      "seed": .text(String(seed)),
    ]
  }
}

extension Ledger {
  /// The ledger with what is known of each answer, one for each row.
  public func with(_ knowledge: [Knowledge]) -> Ledger {
    var copy = self
    for (index, entry) in zip(copy.rows.indices, knowledge) { copy.rows[index].knowledge = entry }
    return copy
  }

  /// How many rows are of each category; empty when that was not measured.
  public var categories: [(category: KnowledgeCategory, rows: Int)] {
    let found = rows.compactMap(\.knowledge?.category)
    return found.isEmpty
      ? [] : KnowledgeCategory.allCases.map { category in (category, found.count { $0 == category }) }
  }
}
