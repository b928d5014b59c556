public import HoldfastStorage
public import HoldfastTensor

/// How groups are chosen from a ledger.
public struct GroupOptions: Sendable, Equatable {
  /// How INCOMPATIBLE rows are chosen among those that qualify.
  public enum Selection: String, Sendable, CaseIterable {
    /// Those the model is most confident of, as in the published data.
    case confidence
    /// A seeded sample.
    case sample
  }

  /// What HARMONIOUS rows are matched on.
  public enum Covariate: String, Sendable, CaseIterable {
    /// The model's confidence in its answer.
    case confidence
    /// The number of characters of the trained choice.
    case length
    /// The place of the trained choice.
    case letter
  }

  /// Whose letters are made as even as they can be among the wrong rows.
  public enum Balance: String, Sendable, CaseIterable {
    /// Nobody's.
    case none
    /// Those of the right answers.
    case gold
    /// Those of the model's own answers.
    case own
  }

  /// A group that the description defines.
  public struct Definition: Sendable, Equatable {
    /// What it is called.
    public var name: GroupName
    /// What it is made of.
    public var recipe: GroupRecipe
  }

  /// The groups to build.
  public var names = GroupName.main
  /// Groups beside the known ones; one of a known name takes its place.
  public var define: [Definition] = []
  /// Rows in each group; `nil` takes as many as the smallest group has.
  public var size: Int?
  /// The least confidence of a row that qualifies.
  public var minConfidence = 0.5
  /// How INCOMPATIBLE rows are chosen.
  public var selection = Selection.confidence
  /// What HARMONIOUS is matched to INCOMPATIBLE on; nothing means a seeded sample of those that qualify.
  public var match = Covariate.allCases
  /// Whose letters are balanced.
  public var balance = Balance.none
  /// Where CONTEXTUALISED takes its contexts from.
  public var context = GroupRecipe.Context.field
  /// What is trained behind answers in groups that take golden explanations: `golden`, `as-labelled` or `none`.
  public var explanations = GroupRecipe.Explanation.golden
  /// The share of rows that NILE's filter keeps.
  public var keep = 0.5
  /// The seed of samples.
  public var seed: UInt64 = 42

  /// Makes the defaults: the three main groups, as large as can be, confidence 0.5, matched.
  public init() {}

  /// The recipe of a group.
  public func recipe(_ name: GroupName) -> GroupRecipe {
    if let definition = define.first(where: { $0.name == name }) { return definition.recipe }
    var recipe = GroupRecipe(known: name) ?? GroupRecipe()
    if recipe.context == .field { recipe.context = context }
    if recipe.explanation == .golden { recipe.explanation = explanations }
    return recipe
  }

  /// All options; see `docs/study.md`.
  public var json: JSON {
    [
      "names": .array(names.map { .text($0.rawValue) }),
      "define": .array(
        define.map {
          var json = $0.recipe.json
          json.set("name", .text($0.name.rawValue))
          return json
        }),
      "size": size.map { .int($0) } ?? .null,
      "min_confidence": .number(minConfidence),
      "selection": .text(selection.rawValue),
      "match": .array(match.map { .text($0.rawValue) }),
      "balance_letters": .text(balance.rawValue),
      "context": .text(context.rawValue),
      "explanations": .text(explanations.rawValue),
      "keep": .number(keep),
      "seed": .text(String(seed)),
    ]
  }

  /// Reads options; what is not there keeps its default.
  public init(_ node: JSONNode) throws(HoldfastError) {
    for element in try node.optional("define")?.elements() ?? [] {
      let (name, recipe) = try GroupRecipe.definition(element)
      guard !define.contains(where: { $0.name == name }) else {
        throw element.wrong("defines \(name.rawValue) a second time")
      }
      define.append(Definition(name: name, recipe: recipe))
    }
    for (key, value) in try node.members() {
      switch key {
      case "define": break
      case "names":
        names = []
        for element in try value.elements() {
          let name = try GroupName(element.text(), defined: define.map(\.name))
          if !names.contains(name) { names.append(name) }
        }
        guard !names.isEmpty else { throw value.wrong("must name at least one group") }
      case "size": size = value.json.isNull ? nil : try value.int(in: 1...1_000_000)
      case "min_confidence": minConfidence = try Self.share(value)
      case "selection": selection = try value.option()
      case "match":
        match = []
        for element in try value.elements() { match.append(try element.option()) }
      case "balance_letters": balance = try value.option()
      case "context": context = try value.option()
      case "explanations": explanations = try value.option()
      case "keep": keep = try Self.share(value)
      case "seed": seed = try value.seed()
      default: throw value.unknown(key)
      }
    }
  }

  private static func share(_ node: JSONNode) throws(HoldfastError) -> Double {
    let share = try node.double()
    guard (0...1).contains(share) else { throw node.wrong("must lie in 0 … 1") }
    return share
  }
}
