public import HoldfastStorage
import HoldfastTensor

/// What a study found.
public struct StudyResult: Sendable {
  /// The description it was run from.
  public let configuration: JSON
  /// Every model on every role, the model before tuning first.
  public let outcomes: [StudyOutcome]
  /// The declared contrasts on every role.
  public let contrasts: [StudyContrast]
  /// Whether consistency and accuracy go together over groups and roles; none with fewer than five points.
  public let correlations: [StudyCorrelation]
  /// What random damage of the same size does, where that was asked for.
  public let null: StudyNull?
  /// By role, where it was measured.
  public let floors: [(role: String, floor: NoiseFloor)]
  /// The directory that holds the study's files.
  public let directory: String
  /// When the numbers were summed up.
  public let created = FileFormat.timestamp()
  let findings: StudyFindings

  init(_ findings: StudyFindings, configuration: JSON) {
    let specification = findings.specification
    let bootstrap = specification.bootstrap
    var outcomes: [StudyOutcome] = []
    var contrasts: [StudyContrast] = []
    for (index, role) in specification.evaluate.enumerated() {
      let clusters = findings.clusters[index]
      outcomes.append(
        StudyOutcome(
          before: findings.before[index], role: role.role, bootstrap: bootstrap, clusters: clusters))
      for group in specification.groups.names {
        let ledgers = findings.ledgers(group, role: index)
        outcomes.append(
          StudyOutcome(
            group, ledgers, findings.summaries(ledgers, role: index), role: role.role, bootstrap: bootstrap,
            clusters: clusters))
      }
    }
    for contrast in specification.contrasts {
      for (index, role) in specification.evaluate.enumerated() {
        contrasts.append(
          StudyContrast(
            contrast, role: role.role, findings.ledgers(contrast.first, role: index),
            findings.ledgers(contrast.second, role: index), bootstrap,
            clusters: findings.clusters[index]))
      }
    }
    self.findings = findings
    self.configuration = configuration
    self.outcomes = outcomes
    self.contrasts = StudyContrast.corrected(contrasts)
    correlations = StudyCorrelation.all(findings.correlationPoints, level: bootstrap.level)
    null = StudyNull(findings)
    directory = specification.output
    floors = zip(specification.evaluate, findings.floors).compactMap { role, floor in
      floor.map { (role.role, $0) }
    }
  }

  /// The outcome of a model on a role.
  public func outcome(_ model: String, _ role: String) -> StudyOutcome? {
    outcomes.first { $0.model == model && $0.role == role }
  }

  /// Writes `study.h5`, `summary.json` and `summary.txt`, each atomically.
  func write(to directory: StudyDirectory) throws(HoldfastError) {
    try HDF5File.write(to: directory.studyFile, format: Study.format) { root throws(HoldfastError) in
      try write(to: root)
    }
    try AtomicFile.write(json.serialized(pretty: true) + [UInt8(ascii: "\n")], to: directory.summaryJSON)
    try AtomicFile.write(Array(text.utf8), to: directory.summaryText)
  }
}

extension StudyFindings {
  /// Each ledger of a role against the model before tuning.
  ///
  /// Both hold the same questions by construction, so the comparison cannot fail.
  func summaries(_ ledgers: [Ledger], role: Int) -> [ConsistencySummary] {
    ledgers.compactMap {
      try? ConsistencySummary(
        before: before[role], after: $0, mode: specification.mode, bootstrap: specification.bootstrap)
    }
  }
}
