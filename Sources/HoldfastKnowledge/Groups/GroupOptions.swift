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

  /// The groups to build.
  public var names = GroupName.allCases
  /// Rows in each group; `nil` takes as many as the smallest group has.
  public var size: Int?
  /// The least confidence of a row that qualifies.
  public var minConfidence = 0.5
  /// How INCOMPATIBLE rows are chosen.
  public var selection = Selection.confidence
  /// What HARMONIOUS is matched to INCOMPATIBLE on; nothing means a seeded sample of those that qualify.
  public var match = Covariate.allCases
  /// The seed of samples.
  public var seed: UInt64 = 42

  /// Makes the defaults: all groups, as large as can be, confidence 0.5, matched.
  public init() {}

  /// All options; see `docs/study.md`.
  public var json: JSON {
    [
      "names": .array(names.map { .text($0.rawValue) }),
      "size": size.map { .int($0) } ?? .null,
      "min_confidence": .number(minConfidence),
      "selection": .text(selection.rawValue),
      "match": .array(match.map { .text($0.rawValue) }),
      "seed": .text(String(seed)),
    ]
  }

  /// Reads options; what is not there keeps its default.
  public init(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() {
      switch key {
      case "names":
        names = []
        for element in try value.elements() {
          let name = try GroupName(element.text())
          if !names.contains(name) { names.append(name) }
        }
        guard !names.isEmpty else { throw value.wrong("must name at least one group") }
      case "size": size = value.json.isNull ? nil : try value.int(in: 1...1_000_000)
      case "min_confidence":
        minConfidence = try value.double()
        guard (0...1).contains(minConfidence) else { throw value.wrong("must lie in 0 … 1") }
      case "selection": selection = try value.option()
      case "match":
        match = []
        for element in try value.elements() { match.append(try element.option()) }
      case "seed": seed = try value.seed()
      default: throw value.unknown(key)
      }
    }
  }
}
