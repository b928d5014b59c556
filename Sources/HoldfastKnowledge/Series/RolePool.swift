import HoldfastTensor

/// The answers of all domains to one role, one after another.
struct RolePool {
  let role: String
  /// The domains that have the role: what they found, and the role's index there.
  private let parts: [(findings: StudyFindings, role: Int)]

  /// The roles that two domains or more have, in the order they are met.
  static func all(_ findings: [StudyFindings]) -> [RolePool] {
    var roles: [String] = []
    for name in findings.flatMap({ $0.specification.evaluate.map(\.role) }) where !roles.contains(name) {
      roles.append(name)
    }
    return roles.map { RolePool($0, findings) }.filter { $0.parts.count > 1 }
  }

  private init(_ role: String, _ findings: [StudyFindings]) {
    self.role = role
    parts = findings.compactMap { findings in
      findings.specification.evaluate.firstIndex { $0.role == role }.map { (findings, $0) }
    }
  }

  /// The answers before tuning.
  var before: Ledger { Ledger(joining: parts.map { $0.findings.before[$0.role] }) }

  /// A group's answers, one ledger for each seed.
  func ledgers(_ group: GroupName) -> [Ledger] {
    let byDomain = parts.map { $0.findings.ledgers(group, role: $0.role) }
    let seeds = byDomain.map(\.count).min() ?? 0
    return (0..<seeds).map { seed in Ledger(joining: byDomain.map { $0[seed] }) }
  }

  /// Each ledger of a group against the answers before.
  func summaries(_ group: GroupName) -> [ConsistencySummary] {
    guard let specification = parts.first?.findings.specification else { return [] }
    let before = before
    return ledgers(group).compactMap {
      // Both hold the same questions by construction, so the comparison cannot fail.
      try? ConsistencySummary(
        before: before, after: $0, mode: specification.mode, bootstrap: specification.bootstrap)
    }
  }

  /// What is resampled whole, where any domain's questions name subjects; a question without one stands for itself.
  var clusters: [String]? {
    guard parts.contains(where: { $0.findings.clusters[$0.role] != nil }) else { return nil }
    return parts.enumerated().flatMap { place, part in
      part.findings.clusters[part.role].map { names in names.map { "\(place) \($0)" } }
        ?? part.findings.before[part.role].rows.indices.map { "\(place) question \($0)" }
    }
  }

  /// One point for each domain and group, the domains being the strata.
  func points(_ groups: [GroupName]) -> [StudyCorrelation.Point] {
    parts.enumerated().flatMap { place, part in
      groups.map { group in
        StudyCorrelation.Point(
          part.findings.ledgers(group, role: part.role), before: part.findings.before[part.role],
          mode: part.findings.specification.mode, stratum: place)
      }
    }
  }

  /// The points of the twins with weight noise.
  var noisePoints: [StudyCorrelation.Point] {
    parts.enumerated().flatMap { place, part in
      part.findings.noise.map { twin in
        StudyCorrelation.Point(
          [twin.ledgers[part.role]], before: part.findings.before[part.role],
          mode: part.findings.specification.mode, stratum: place)
      }
    }
  }
}

extension Ledger {
  /// The rows of several ledgers one after another, under the settings of the first; at least one is needed.
  init(joining ledgers: [Ledger]) {
    self = ledgers[0]
    rows = ledgers.flatMap(\.rows)
  }
}
