public import HoldfastModel

/// The answers of one model to a list of questions, in the questions' order, and how they were asked.
public struct Ledger: Sendable, Equatable {
  /// How the answers came about.
  public var settings: LedgerSettings
  /// One row for each question.
  public var rows: [LedgerRow]

  /// Makes a ledger.
  public init(settings: LedgerSettings, rows: [LedgerRow]) {
    self.settings = settings
    self.rows = rows
  }

  /// The number of rows.
  public var count: Int { rows.count }
  /// The rows whose right choice is known.
  public var answered: [LedgerRow] { rows.filter { $0.gold != nil } }
  /// How many predictions are right.
  public var correctCount: Int { rows.count { $0.isCorrect == true } }
}

/// How the answers of a ledger came about.
public struct LedgerSettings: Sendable, Equatable {
  /// The probe.
  public var options: ProbeOptions
  /// Where the model came from; empty when it was made in memory.
  public var modelPath: String
  /// SHA-256 of the model's file; of a tuned model, of what it was tuned from.
  public var modelSHA256: String
  /// What tells tuned models of one origin apart: `before`, `harmonious`, ….
  public var modelName: String
  /// The kernels that computed the answers, such as `avx512`.
  public var kernel: String
  /// Whether a beginning-of-sequence token stood before the prompts.
  public var addedBOS: Bool
  /// The file of the questions.
  public var questions: String
  /// The ids of the demonstrations, in order.
  public var demonstrations: [String]
  /// What was changed inside the model while it answered; nothing as a rule.
  public var interventions = Interventions()

  /// Makes settings.
  public init(
    options: ProbeOptions, modelPath: String, modelSHA256: String, modelName: String = "", kernel: String,
    addedBOS: Bool, questions: String, demonstrations: [String]
  ) {
    self.options = options
    self.modelPath = modelPath
    self.modelSHA256 = modelSHA256
    self.modelName = modelName
    self.kernel = kernel
    self.addedBOS = addedBOS
    self.questions = questions
    self.demonstrations = demonstrations
  }

  /// In what the probe differs from the paper's (5-shot letters before tuning), in words.
  public var departures: [String] { options.departures }
}

extension ProbeOptions {
  /// In what the probe differs from the paper's, in words.
  public var departures: [String] {
    var list: [String] = []
    if probe == .cloze {
      list.append("the texts of the choices are scored (cloze), where the paper scores their letters")
    }
    if normalization != .raw {
      list.append("choices are compared by \(normalization.rawValue) log-probabilities")
    }
    if shots != 5 { list.append("\(shots) demonstrations, where the paper's probe before tuning shows 5") }
    if seed != 42, shots > 0 {
      list.append("demonstrations ordered by seed \(seed), where the paper takes 42")
    }
    if averagesRotations { list.append("probabilities averaged over all rotations of the choices") }
    if demonstrationSets > 1 {
      list.append("probabilities averaged over \(demonstrationSets) demonstration sets")
    }
    if rotation > 0 { list.append("choices rotated by \(rotation)") }
    if wording != .standard { list.append("wording '\(wording.rawValue)'") }
    if bos != .automatic {
      list.append("BOS \(bos.rawValue), where the paper's domain evaluation follows the tokenizer")
    }
    if probe == .letter, !bfloat16Logits {
      list.append("logits compared in float32, where the published ones were bfloat16")
    }
    return list
  }
}
