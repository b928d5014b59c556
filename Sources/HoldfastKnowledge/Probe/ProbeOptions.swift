public import HoldfastText

/// What of an answer is scored.
public enum ProbeKind: String, Sendable, CaseIterable {
  /// The letter of each choice, after a prompt that lists the choices.
  case letter
  /// The text of each choice, after a prompt that holds the question alone.
  case cloze
}

/// Whose rules are followed.
public enum Mode: String, Sendable, CaseIterable {
  /// What is sound.
  case `default`
  /// The published code of arXiv 2402.18243, to the letter.
  case paper
}

/// What choices are compared by in a cloze probe.
public enum Normalization: String, Sendable, CaseIterable {
  /// The sum of the continuation's log-probabilities.
  case raw
  /// The sum divided by the number of tokens scored.
  case perToken = "per-token"
  /// The sum divided by the number of Unicode scalars of the choice.
  case perCharacter = "per-character"
  /// The sum minus log P(choice | `Answer:`), pointwise mutual information.
  case pmi
}

/// How a cloze question is put; alternatives serve the noise floor.
public enum Wording: String, Sendable, CaseIterable {
  /// `Question: {question}\nAnswer:`
  case standard
  /// `Q: {question}\nA:`
  case short
  /// `{question}\nAnswer:`
  case unlabelled
  /// `{question}\n\nThe answer is:`
  case sentence
  /// `Please answer the following question.\nQuestion: {question}\nAnswer:`
  case request
}

/// How to probe.
public struct ProbeOptions: Sendable, Equatable {
  /// What of an answer is scored.
  public var probe: ProbeKind = .cloze
  /// Whose rules are followed; `paper` takes the letter probe only.
  public var mode: Mode = .default
  /// Demonstrations before each question, from the demonstration set.
  public var shots = 0
  /// What a letter prompt says the questions are about; no domain leaves the ` about …` out.
  public var domain: String?
  /// Orders the demonstrations, as Python's `random.seed(seed); random.shuffle` does.
  public var seed: UInt64 = 42
  /// Whether a beginning-of-sequence token is put before the prompt.
  public var bos: BOSPolicy = .automatic
  /// The chat template the prompt is put into: a known name, `auto` for the model's own, or the path of a file; `nil`
  /// for the plain prompt.
  public var template: String?
  /// What the choices of a cloze probe are compared by.
  public var normalization: Normalization = .raw
  /// How a cloze question is put.
  public var wording: Wording = .standard
  /// Rotates the choices of a letter prompt: place j shows choice j + rotation.
  public var rotation = 0
  /// Averages a letter probe over all cyclic rotations of the choices, so that no place is favoured.
  public var averagesRotations = false
  /// Averages over so many demonstration sets, ordered by `seed`, `seed + 1`, ….
  public var demonstrationSets = 1
  /// Rounds letter logits to bfloat16 before they are compared, as the published probabilities were.
  public var bfloat16Logits = false
  /// Probes the first so many questions only; `nil` means all.
  public var limit: Int?
  /// How many questions are computed together; changes time and memory, never an answer.
  public var batchSize = 64
  /// Whether what prompts have in common is computed once; changes time, never an answer.
  public var prefixSharing = true

  /// Makes the defaults: the cloze probe, no demonstrations, raw sums.
  public init() {}

  /// The paper's probe before tuning: letters, 5 demonstrations.
  public static func paper(domain: String?) -> ProbeOptions {
    var options = ProbeOptions()
    options.probe = .letter
    options.mode = .paper
    options.shots = 5
    options.domain = domain
    return options
  }
}
