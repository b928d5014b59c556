public import HoldfastStorage

/// Whether groups whose knowledge stayed more consistent also answer better: over groups and roles, HARMONIOUS left out
/// as in the paper.
///
/// X is the mean rank-Pearson, Y the accuracy after and Z the accuracy before tuning. A part of it is mechanical, since
/// any damage lowers both X and Y; so X is also taken over the items that were right, and over those that were wrong,
/// before, and Y is permuted within roles.
public struct StudyCorrelation: Sendable {
  /// Which items X rests on.
  public enum Items: String, Sendable, CaseIterable {
    case all
    case beforeRight = "before_right"
    case beforeWrong = "before_wrong"
  }

  /// Which items X rests on.
  public var items: Items
  /// How many points: groups times roles.
  public var count: Int
  /// Spearman of X and Y; `nil` where undefined, as the others.
  public var plain: Double?
  /// Spearman's partial correlation by the formula.
  public var partial: Statistics.Correlation?
  /// As the paper's code computes it.
  public var paper: Statistics.Correlation?
  /// The permutation of Y within roles.
  public var permutation: Permutation.Result

  /// The correlations of a study; none with fewer than five points.
  static func all(_ findings: StudyFindings) -> [StudyCorrelation] {
    let names = findings.specification.groups.names.filter { $0 != .harmonious }
    let roles = findings.specification.evaluate.indices
    guard names.count > 1, names.count * roles.count > 4 else { return [] }
    return Items.allCases.map { items in
      var (x, y, z, strata): ([Double], [Double], [Double], [Int]) = ([], [], [], [])
      for role in roles {
        for name in names {
          let ledgers = findings.ledgers(name, role: role)
          x.append(consistency(ledgers, findings.before[role], items, findings.specification.mode))
          y.append(Statistics.mean(ledgers.compactMap { $0.accuracy?.value }))
          z.append(findings.before[role].accuracy?.value ?? .nan)
          strata.append(role)
        }
      }
      let isWhole = (x + y + z).allSatisfy(\.isFinite)
      let level = findings.specification.bootstrap.level
      return StudyCorrelation(
        items: items, count: x.count, plain: isWhole ? Statistics.spearman(x, y) : nil,
        partial: isWhole ? Statistics.partialSpearman(x, y, given: z, level: level) : nil,
        paper: isWhole ? Statistics.paperPartialSpearman(x, y, given: z, level: level) : nil,
        permutation: Permutation().withinStrata(y, strata: strata) {
          isWhole ? Statistics.spearman(x, $0) : nil
        })
    }
  }

  /// The mean rank-Pearson over some items and all seeds; NaN without such items.
  private static func consistency(_ ledgers: [Ledger], _ before: Ledger, _ items: Items, _ mode: Mode)
    -> Double
  {
    Statistics.mean(
      ledgers.flatMap { ledger in
        zip(before.rows, ledger.rows).compactMap { row, after -> Double? in
          switch (items, row.isCorrect) {
          case (.all, _), (.beforeRight, true?), (.beforeWrong, false?):
            Statistics.rankPearson(row.scores, after.scores) ?? (mode == .paper ? 0 : nil)
          default: nil
          }
        }
      })
  }

  /// Every number.
  public var json: JSON {
    [
      "items": .text(items.rawValue), "points": .int(count), "spearman": .optional(plain),
      "partial_spearman": partial?.json ?? .null, "partial_spearman_paper": paper?.json ?? .null,
      "permutation_within_roles": [
        "p": .number(permutation.p), "arrangements": .int(permutation.arrangements),
        "exact": .bool(permutation.isExact),
      ],
    ]
  }
}
