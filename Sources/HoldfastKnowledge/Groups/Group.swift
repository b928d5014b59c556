public import HoldfastTuning

/// Rows to train on.
public struct Group: Sendable, Equatable {
  /// One row.
  public struct Row: Sendable, Equatable {
    /// The question.
    public var question: Question
    /// The choice that is trained.
    public var label: Int
    /// The model's own answer before tuning.
    public var predicted: Int
    /// The model's confidence in it.
    public var confidence: Double
    /// The row's place in the ledger it came from.
    public var ledgerRow: Int
    /// The id of the INCOMPATIBLE row that a HARMONIOUS one was matched to.
    public var matchedTo: String?
    /// Why the trained choice is right, trained behind it in letter rows.
    public var explanation: String?
    /// What is put before the question.
    public var context: String?
    /// What is said of the model's knowledge behind the answer.
    public var certainty: String?
    /// What is trained instead of the choice, such as a refusal.
    public var refusal: String?
    /// Why the row stands here, in words.
    public var reason = ""
  }

  /// Which group.
  public var name: GroupName
  /// The questions' file.
  public var source: String
  /// The rows in training order (before shuffling).
  public var rows: [Row]
  /// General instructions trained together with the rows.
  public var general: [InstructionData.Row] = []
}

/// The groups built from one ledger, of equal size.
public struct GroupSet: Sendable, Equatable {
  /// The groups, in the order asked for.
  public var groups: [Group]
  /// How they were chosen.
  public var options: GroupOptions
  /// How many rows of the ledger qualified as right.
  public var qualifiedRight: Int
  /// How many rows of the ledger qualified as wrong.
  public var qualifiedWrong: Int
  /// What each row of the ledger qualified for, in the ledger's order.
  public var standings: [GroupPool.Standing]

  /// The group of that name.
  public subscript(_ name: GroupName) -> Group? { groups.first { $0.name == name } }
}
