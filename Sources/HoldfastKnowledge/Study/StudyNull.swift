public import HoldfastStorage
import HoldfastTensor

/// What tuned models are compared with that involves no knowledge: the model with random noise on its weights, as strong as
/// changes its answers by the same KL(before‖after).
public struct StudyNull: Sendable {
  /// A group beside its twin on one role.
  public struct Row: Sendable {
    /// The group.
    public var group: GroupName
    /// The role.
    public var role: String
    /// The twin's accuracy.
    public var accuracy: Double
    /// The twin's mean rank-Pearson with the model before.
    public var consistency: Double
    /// The twin's mean KL(before‖after) on this role, in nats.
    public var divergence: Double
    /// The accuracy of the group minus that of its twin, paired on the same items.
    public var difference: Estimate
  }

  /// How strong the noise of each group's twin is.
  public struct Strength: Sendable {
    /// The group.
    public var group: GroupName
    /// The standard deviation of the noise as a share of each tensor's root mean square.
    public var scale: Double
    /// The KL that was to be reached, in nats, on the questions that were matched on.
    public var target: Double
    /// The KL that was reached there.
    public var divergence: Double
  }

  /// By group.
  public let strengths: [Strength]
  /// By role, then group.
  public let rows: [Row]
  /// The correlations of consistency with accuracy over the twins, as `StudyResult.correlations` has them over groups.
  public let correlations: [StudyCorrelation]

  /// Sums up; `nil` where nothing was shaken.
  init?(_ findings: StudyFindings) {
    guard !findings.noise.isEmpty else { return nil }
    let specification = findings.specification
    strengths = findings.noise.map {
      Strength(
        group: $0.group, scale: $0.match.scale, target: $0.target, divergence: $0.match.divergence)
    }
    rows = specification.evaluate.indices.flatMap { role in
      findings.noise.map { twin in Self.row(twin, role, findings) }
    }
    correlations = StudyCorrelation.all(findings.noisePoints, level: specification.bootstrap.level)
  }

  private static func row(_ twin: StudyFindings.NoiseTwin, _ role: Int, _ findings: StudyFindings) -> Row {
    let (ledger, before) = (twin.ledgers[role], findings.before[role])
    let seeds = findings.ledgers(twin.group, role: role).map(StudyOutcome.correctness)
    let shaken = StudyOutcome.correctness(ledger)
    let point = StudyCorrelation.Point(
      [ledger], before: before, mode: findings.specification.mode, stratum: role)
    return Row(
      group: twin.group, role: findings.specification.evaluate[role].role, accuracy: point.after,
      consistency: point.consistency[.all] ?? .nan,
      divergence: StudyShaker.divergence([ledger], from: before, first: before.count),
      difference: findings.specification.bootstrap.difference(
        seeds, seeds.map { _ in shaken }, clusters: findings.clusters[role]))
  }

  /// What follows, in words.
  func sentences(beside tuned: [StudyCorrelation]) -> [String] {
    var list: [String] = []
    if let partial = correlations.first?.plain, let own = tuned.first?.plain {
      list.append(
        "Models damaged by random weight noise of the same KL give a rank correlation of consistency with accuracy of "
          + "\(partial.fixed(3)) over the same groups and roles, the tuned models \(own.fixed(3)): so much of it needs no "
          + "knowledge.")
    }
    let better = rows.count { $0.difference.interval.lower > 0 }
    let worse = rows.count { $0.difference.interval.upper < 0 }
    list.append(
      "Against weight noise of the same KL, \(better) of \(rows.count) tuned groups and roles answer better, \(worse) worse, "
        + "\(rows.count - better - worse) undecided (intervals not corrected for their number).")
    return list
  }

  /// Every number.
  public var json: JSON {
    [
      "strengths": .array(
        strengths.map {
          [
            "group": .text($0.group.rawValue), "scale": .number($0.scale), "target_kl": .number($0.target),
            "kl": .number($0.divergence),
          ]
        }),
      "rows": .array(
        rows.map {
          [
            "group": .text($0.group.rawValue), "role": .text($0.role), "accuracy": .finite($0.accuracy),
            "rank_pearson": .finite($0.consistency), "kl": .finite($0.divergence),
            "accuracy_difference": .finite($0.difference.value), "interval": $0.difference.interval.json,
            "p": .finite($0.difference.p),
          ]
        }),
      "correlations": .array(correlations.map(\.json)),
    ]
  }

  /// The rows as columns.
  func table() throws(HoldfastError) -> Table {
    var table = Table(axis: "twin")
    try table.add("group", .text(rows.map { ByteString($0.group.rawValue) }))
    try table.add("role", .text(rows.map { ByteString($0.role) }))
    try table.add("accuracy", .double(rows.map(\.accuracy)))
    try table.add("rank_pearson", .double(rows.map(\.consistency)))
    try table.add("kl", .double(rows.map(\.divergence)))
    try table.add("accuracy_difference", .double(rows.map(\.difference.value)))
    try table.add("lower", .double(rows.map(\.difference.interval.lower)))
    try table.add("upper", .double(rows.map(\.difference.interval.upper)))
    let scales = Dictionary(uniqueKeysWithValues: strengths.map { ($0.group, $0.scale) })
    try table.add("scale", .double(rows.map { scales[$0.group] ?? .nan }))
    return table
  }
}

extension StudyFindings {
  /// The points of all twins on all roles.
  var noisePoints: [StudyCorrelation.Point] {
    specification.evaluate.indices.flatMap { role in
      noise.map { twin in
        StudyCorrelation.Point(
          [twin.ledgers[role]], before: before[role], mode: specification.mode, stratum: role)
      }
    }
  }
}
