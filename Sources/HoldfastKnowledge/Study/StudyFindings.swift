import HoldfastStorage
import HoldfastTensor

/// Everything a study computed, before it is summed up.
struct StudyFindings: Sendable {
  /// How one model was tuned.
  struct Training: Sendable {
    var model: TunedModel
    /// Training rows.
    var rows: Int
    /// Tokens learned in one pass over the rows.
    var targetTokens: Int
    /// By step.
    var losses: [Double]
    var learningRates: [Double]
    var gradientNorms: [Double]
    /// By step, empty where tuning had no KL penalty.
    var divergences: [Double] = []
    /// The Euclidean distance of the tuned parameters from those before, over all tensors.
    var weightDistance: Double
    /// Where the tuned weights lie.
    var path: String
    /// What the model knew during tuning, where that was measured.
    var drift: [DriftPoint] = []
    /// The step whose weights were kept.
    var keptStep = 0
    /// Whether tuning ended early because consistency fell below the bound.
    var stoppedEarly = false
  }

  /// The answers of a tuned model to a role.
  struct Answer: Sendable {
    var model: TunedModel
    /// The index of the role.
    var role: Int
    var ledger: Ledger
  }

  /// The model with weight noise that changes it as much as a group did.
  struct NoiseTwin: Sendable {
    var group: GroupName
    /// The mean KL(before‖after) of the group over its seeds, on the questions that were matched on.
    var target: Double
    /// What was found.
    var match: WeightNoise.Match
    /// Its answers, by role.
    var ledgers: [Ledger]
  }

  var specification: StudySpecification
  var pool: Ledger
  var groups: GroupSet
  var drops: [Deduplication.Drop]
  /// By role: the answers of the model before tuning.
  var before: [Ledger]
  /// By role: what was asked.
  var questions: [QuestionSet] = []
  /// By role: the subjects that are resampled whole, where the questions name them.
  var clusters: [[String]?] = []
  /// The answers before tuning to what is asked during it, where that is done.
  var driftBaseline: Ledger?
  /// By role, where it was measured.
  var floors: [NoiseFloor?]
  var training: [Training] = []
  var answers: [Answer] = []
  /// By group that has one.
  var noise: [NoiseTwin] = []
  /// What a reader should know, such as a change of kernels between stages.
  var warnings: [String] = []

  /// The answers of a group to a role, one ledger for each seed.
  func ledgers(_ group: GroupName, role: Int) -> [Ledger] {
    specification.seeds.compactMap { seed in
      answers.first { $0.model.group == group && $0.model.seed == seed && $0.role == role }?.ledger
    }
  }
}
