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
  /// The permutation of Y within strata, of the partial correlation by the formula, or the plain one where that is undefined.
  public var permutation: Permutation.Result

  /// One group on one role.
  struct Point {
    /// X, by what it rests on.
    var consistency: [Items: Double]
    /// Y and Z: the accuracy after and before.
    var after: Double
    var before: Double
    /// What Y is permuted within: a role, or a domain.
    var stratum: Int

    /// The point of a model, one ledger for each seed.
    init(_ ledgers: [Ledger], before: Ledger, mode: Mode, stratum: Int) {
      consistency = Dictionary(
        uniqueKeysWithValues: Items.allCases.map { ($0, $0.consistency(ledgers, before, mode)) })
      after = Statistics.mean(ledgers.compactMap { $0.accuracy?.value })
      self.before = before.accuracy?.value ?? .nan
      self.stratum = stratum
    }
  }

  /// The correlations over points, one for each choice of items; none with fewer than five points.
  static func all(_ points: [Point], level: Double) -> [StudyCorrelation] {
    guard points.count > 4 else { return [] }
    let (y, z) = (points.map(\.after), points.map(\.before))
    return Items.allCases.map { items in
      let x = points.map { $0.consistency[items] ?? .nan }
      let isWhole = (x + y + z).allSatisfy(\.isFinite)
      return StudyCorrelation(
        items: items, count: x.count, plain: isWhole ? Statistics.spearman(x, y) : nil,
        partial: isWhole ? Statistics.partialSpearman(x, y, given: z, level: level) : nil,
        paper: isWhole ? Statistics.paperPartialSpearman(x, y, given: z, level: level) : nil,
        permutation: Permutation().withinStrata(y, strata: points.map(\.stratum)) {
          isWhole ? Statistics.partialSpearman(x, $0, given: z)?.value ?? Statistics.spearman(x, $0) : nil
        })
    }
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

extension StudyCorrelation.Items {
  /// The mean rank-Pearson over these items and all seeds; NaN without such items.
  fileprivate func consistency(_ ledgers: [Ledger], _ before: Ledger, _ mode: Mode) -> Double {
    Statistics.mean(
      ledgers.flatMap { ledger in
        zip(before.rows, ledger.rows).compactMap { row, after -> Double? in
          switch (self, row.isCorrect) {
          case (.all, _), (.beforeRight, true?), (.beforeWrong, false?):
            Statistics.rankPearson(row.scores, after.scores) ?? (mode == .paper ? 0 : nil)
          default: nil
          }
        }
      })
  }
}

extension StudyFindings {
  /// The points of all groups but HARMONIOUS on all roles; none with a single group.
  var correlationPoints: [StudyCorrelation.Point] {
    let names = specification.correlatedGroups
    guard names.count > 1 else { return [] }
    return specification.evaluate.indices.flatMap { role in
      names.map { name in
        StudyCorrelation.Point(
          ledgers(name, role: role), before: before[role], mode: specification.mode, stratum: role)
      }
    }
  }
}
