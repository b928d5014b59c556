public import HoldfastStorage
import HoldfastTensor

/// What a series of studies found: each domain by itself, and all together.
///
/// Together means over the questions of all domains that have a role, so that a domain counts as much as it has questions;
/// intervals resample questions (or subjects) and seeds.
public struct StudySeriesResult: Sendable {
  /// A domain's result.
  public struct Part: Sendable {
    /// The domain.
    public let domain: String
    /// What its study found.
    public let result: StudyResult
  }

  /// Correlations on one role, over domains and groups.
  public struct Correlations: Sendable {
    /// Which groups are points: `mixtures` (INCOMPATIBLE, the mixtures and SELF-ALIGNING: the paper's unit), `all` but
    /// HARMONIOUS, or `weight_noise`, the twins of all.
    public var points: String
    /// The role.
    public var role: String
    /// By what consistency rests on.
    public var correlations: [StudyCorrelation]
  }

  /// The series' name.
  public let name: String
  /// The description it was run from.
  public let configuration: JSON
  /// The domains, in order.
  public let parts: [Part]
  /// Every model on every role that two domains or more have, the model before tuning first.
  public let outcomes: [StudyOutcome]
  /// The declared contrasts on these roles, corrected together.
  public let contrasts: [StudyContrast]
  /// By role and points; none with fewer than five points.
  public let correlations: [Correlations]
  /// The directory that holds the series' files.
  public let directory: String
  /// When the numbers were summed up.
  public let created = FileFormat.timestamp()

  init(_ series: StudySeries, _ parts: [Part]) {
    name = series.name
    configuration = series.configuration
    directory = series.output
    self.parts = parts
    let pools = RolePool.all(parts.map(\.result.findings))
    let specification = series.domains[0].study.specification
    let bootstrap = specification.bootstrap
    outcomes = pools.flatMap { pool in
      [StudyOutcome(before: pool.before, role: pool.role, bootstrap: bootstrap, clusters: pool.clusters)]
        + specification.groups.names.map { group in
          StudyOutcome(
            group, pool.ledgers(group), pool.summaries(group), role: pool.role, bootstrap: bootstrap,
            clusters: pool.clusters)
        }
    }
    contrasts = StudyContrast.corrected(
      specification.contrasts.flatMap { contrast in
        pools.map { pool in
          StudyContrast(
            contrast, role: pool.role, pool.ledgers(contrast.first), pool.ledgers(contrast.second), bootstrap,
            clusters: pool.clusters)
        }
      })
    let mixtures = specification.groups.names.filter { specification.groups.recipe($0).isMixture }
    correlations = pools.flatMap { pool in
      [
        ("mixtures", pool.points(mixtures)), ("all", pool.points(specification.correlatedGroups)),
        ("weight_noise", pool.noisePoints),
      ].compactMap { name, points in
        let correlations = StudyCorrelation.all(points, level: bootstrap.level)
        return correlations.isEmpty
          ? nil : Correlations(points: name, role: pool.role, correlations: correlations)
      }
    }
  }

  /// The outcome of a model on a role.
  public func outcome(_ model: String, _ role: String) -> StudyOutcome? {
    outcomes.first { $0.model == model && $0.role == role }
  }

  /// The roles that two domains or more have.
  public var roles: [String] { outcomes.filter { $0.model == "before" }.map(\.role) }

  /// Writes `study.h5`, `summary.json` and `summary.txt`, each atomically.
  func write(to directory: StudyDirectory) throws(HoldfastError) {
    try HDF5File.write(to: directory.studyFile, format: StudySeries.format) { root throws(HoldfastError) in
      try root.setAttribute("name", .text(ByteString(name)))
      try root.write("configuration", strings: [ByteString(configuration.serialized(pretty: true))], axes: [])
      try root.write("result", strings: [ByteString(json.serialized())], axes: [])
      try root.write(
        "summary", strings: sentences.map { ByteString($0) }, axes: [HDF5Axis("sentence", sentences.count)])
      let domains = try root.makeGroup("domains")
      for part in parts { try part.result.write(to: domains.makeGroup(ByteString(part.domain))) }
    }
    try AtomicFile.write(json.serialized(pretty: true) + [UInt8(ascii: "\n")], to: directory.summaryJSON)
    try AtomicFile.write(Array(text.utf8), to: directory.summaryText)
  }
}

extension GroupRecipe {
  /// Whether these are INCOMPATIBLE's rows with some share of the model's own answers: the paper's mixtures and their ends.
  var isMixture: Bool { rows == .wrong && label != .randomWrong && context == .none && certainty == .none }
}
