public import HoldfastTuning

/// What a study does; `docs/study.md` explains every part.
public struct StudySpecification: Sendable, Equatable {
  /// One evaluation set.
  public struct Role: Sendable, Equatable {
    /// `HOMO`, `ID`, `OOD` or another name without a slash.
    public var role: String
    /// What the set is called.
    public var name: String
    /// Its questions.
    public var source: QuestionSource
    /// How the model before tuning is asked, where the role has a way of its own.
    public var probe: ProbeOptions?
    /// How tuned models are asked, where the role has a way of its own.
    public var after: ProbeOptions?
  }

  /// How the noise floor is measured.
  public struct Floor: Sendable, Equatable {
    /// Alternative prompts for each role.
    public var prompts = 5
    /// Questions of each role.
    public var limit = 100
    /// The roles it is measured on; `nil` means all.
    public var roles: [String]?
  }

  /// A paired difference declared in advance: `first` minus `second`.
  public struct Contrast: Sendable, Equatable {
    /// The group whose accuracy counts for.
    public var first: GroupName
    /// The group whose accuracy counts against.
    public var second: GroupName
  }

  /// The study's name.
  public var name: String
  /// Its directory.
  public var output: String
  /// The model's path.
  public var model: String
  /// Whose rules are followed.
  public var mode = Mode.default
  /// One tuning for each group and seed.
  public var seeds: [UInt64] = [42]
  /// The probe before tuning.
  public var probe = ProbeOptions()
  /// The probe after tuning; the same unless the description says otherwise.
  public var after = ProbeOptions()
  /// Where groups are chosen from.
  public var pool: QuestionSource
  /// Where shots are taken from: a question with a subject is shown those of its subject, if there are such, and any other
  /// question those without a subject.
  public var demonstrations: [QuestionSource] = []
  /// How groups are chosen.
  public var groups = GroupOptions()
  /// General instructions trained with every group, if any.
  public var general: GeneralInstructions?
  /// How the model writes what groups lack.
  public var writing = WritingOptions()
  /// How models are tuned.
  public var tune = TuningOptions()
  /// Steps between optimiser checkpoints: what a kill loses at most of a tuning.
  public var checkpointSteps = 20
  /// The evaluation sets, in order.
  public var evaluate: [Role]
  /// How knowledge is followed during tuning, if it is.
  public var drift: DriftOptions?
  /// The noise floor, if it is wanted.
  public var floor: Floor? = Floor()
  /// The models damaged at random that tuned ones are compared with, if they are wanted.
  public var weightNoise: WeightNoise?
  /// Intervals.
  public var bootstrap = Bootstrap()
  /// The gate: the least consistency that passes.
  public var minConsistency = 0.8
  /// The contrasts declared.
  public var contrasts: [Contrast] = []

  /// Whether models are compared on identical prompts.
  public var comparesIdenticalPrompts: Bool {
    evaluate.allSatisfy { probe(for: $0) == after(for: $0) }
  }

  /// The groups that correlations rest on, and that have a twin of weight noise: all but HARMONIOUS, as in the paper.
  var correlatedGroups: [GroupName] { groups.names.filter { $0 != .harmonious } }

  /// How the model before tuning is asked about a role.
  public func probe(for role: Role) -> ProbeOptions { role.probe ?? probe }
  /// How tuned models are asked about a role.
  public func after(for role: Role) -> ProbeOptions { role.after ?? after }

  /// Whether the model must write something before groups can be trained.
  var hasWriting: Bool {
    groups.names.contains { name in
      let recipe = groups.recipe(name)
      return recipe.context == .generated
        || (after.probe == .letter && ![.none, .golden].contains(recipe.explanation))
    }
  }
}
