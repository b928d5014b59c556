public import HoldfastStorage
import HoldfastTensor

/// What a group is made of: which rows, what is trained on them, and what stands around it.
public struct GroupRecipe: Sendable, Equatable {
  /// Which rows of the ledger.
  public enum Rows: String, Sendable, CaseIterable {
    /// Answered rightly and confidently; matched to the wrong ones when asked for.
    case right
    /// Answered wrongly and confidently: the same rows for every group that takes them.
    case wrong
    /// Answered wrongly, however confidently: a seeded sample.
    case anyWrong = "any-wrong"
    /// All whose answer is known: a seeded sample.
    case any
    /// None: general instructions alone.
    case none
  }

  /// Which choice is trained.
  public enum Label: String, Sendable, CaseIterable {
    /// The right one.
    case gold
    /// The model's own answer.
    case own
    /// One that is neither right nor the model's own, drawn by the seed and the row's id.
    case randomWrong = "random-wrong"
  }

  /// What is put before the question.
  public enum Context: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// The question's field `context`.
    case field
    /// What the model itself writes down as the knowledge needed.
    case generated
  }

  /// What is trained behind the answer.
  public enum Explanation: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// The question's field `explanation`, where the right answer is trained.
    case golden
    /// What the model writes for the answer trained.
    case own
    /// The golden one where the right answer is trained, and the model's own where its own answer is, as in the paper.
    case asLabelled = "as-labelled"
    /// The golden one in the model's words where these keep the right answer, else the golden one itself (SDFT).
    case rewritten
    /// As `rewritten`, the rows then filtered by how likely the model finds what is trained (NILE).
    case revised
  }

  /// What is said of the model's own knowledge.
  public enum Certainty: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// `I am sure.` behind the answer when the model was right, else `I am unsure.` (R-Tuning).
    case appended
    /// `I don't know.` instead of the answer where the model is wrong and uncertain; wrong and certain rows are left out
    /// (CRaFT).
    case refusal
  }

  /// Which rows.
  public var rows = Rows.wrong
  /// Which choice is trained.
  public var label = Label.gold
  /// The share of rows that train the model's own answer instead.
  public var selfAlignedShare = 0.0
  /// What is put before the question.
  public var context = Context.none
  /// What is trained behind the answer; letter rows only.
  public var explanation = Explanation.golden
  /// What is said of the model's own knowledge.
  public var certainty = Certainty.none

  /// INCOMPATIBLE's recipe.
  public init() {}

  /// The recipe of a name that needs no definition; `nil` for other names.
  init?(known name: GroupName) {
    let suffix = GroupName.withoutExplanations
    if name.rawValue.hasSuffix(suffix) {
      guard let plain = try? GroupName(defining: String(name.rawValue.dropLast(suffix.count))),
        let recipe = GroupRecipe(known: plain)
      else { return nil }
      self = recipe
      explanation = .none
      return
    }
    switch name {
    case .harmonious: rows = .right
    case .incompatible: break
    case .selfAligning: label = .own
    case .contextualised: context = .field
    case .randomWrong: label = .randomWrong
    case .formatOnly: rows = .none
    case .sLearnLLM: rows = .anyWrong
    case .rTuning: (rows, certainty) = (.any, .appended)
    case .craft: (rows, certainty) = (.any, .refusal)
    case .sdft: (rows, explanation) = (.any, .rewritten)
    case .nile: (rows, explanation) = (.any, .revised)
    default:
      let prefix = "MIXTURE-"
      guard name.rawValue.hasPrefix(prefix), let share = Double(name.rawValue.dropFirst(prefix.count)),
        (0...1).contains(share)
      else { return nil }
      selfAlignedShare = share
    }
  }

  /// All parts.
  public var json: JSON {
    [
      "rows": .text(rows.rawValue), "label": .text(label.rawValue),
      "self_aligned_share": .number(selfAlignedShare), "context": .text(context.rawValue),
      "explanation": .text(explanation.rawValue), "certainty": .text(certainty.rawValue),
    ]
  }

  /// Reads `{name, of, rows, label, self_aligned_share, context, explanation, certainty}`; `of` names the known group
  /// that the other keys change.
  static func definition(_ node: JSONNode) throws(HoldfastError) -> (GroupName, GroupRecipe) {
    let name = try node.member("name")
    var recipe = GroupRecipe()
    if let base = try node.optional("of") {
      guard let known = GroupRecipe(known: try GroupName(base.text())) else {
        throw base.wrong("has no recipe")
      }
      recipe = known
    }
    for (key, value) in try node.members() {
      switch key {
      case "name", "of": break
      case "rows": recipe.rows = try value.option()
      case "label": recipe.label = try value.option()
      case "self_aligned_share":
        recipe.selfAlignedShare = try value.double()
        guard (0...1).contains(recipe.selfAlignedShare) else { throw value.wrong("must lie in 0 … 1") }
      case "context": recipe.context = try value.option()
      case "explanation": recipe.explanation = try value.option()
      case "certainty": recipe.certainty = try value.option()
      default: throw value.unknown(key)
      }
    }
    do throws(HoldfastError) {
      return (try GroupName(defining: name.text()), recipe)
    } catch {
      throw error.at(node.document + name.path)
    }
  }
}
