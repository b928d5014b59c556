public import HoldfastStorage

/// A declared paired difference of two groups' accuracies on one role.
public struct StudyContrast: Sendable {
  /// What the numbers decide.
  public enum Verdict: String, Sendable {
    /// The interval excludes 0 and Holm's p reaches the level.
    case decides
    /// Anything else.
    case undecided
  }

  /// The group that counts for.
  public var first: GroupName
  /// The group that counts against.
  public var second: GroupName
  /// The role.
  public var role: String
  /// The mean difference, `first` minus `second`, over items and seeds.
  public var difference: Estimate
  /// The p-value: exact McNemar for one seed, bootstrap over items and seeds for several.
  public var p: Double
  /// The p-value corrected by Holm's method over all declared contrasts and roles.
  public var adjustedP: Double
  /// The p-value corrected by Benjamini and Hochberg's method over the same, for who counts false discoveries.
  public var discoveryP: Double
  /// Cohen's h of the two accuracies over items and seeds.
  public var cohensH: Double
  /// Right and wrong answers item by item, `first` first; for one seed alone.
  public var pairs: Statistics.PairedTable?
  /// The smallest true difference found with probability 0.8 at this number of items.
  public var minimumDetectable: Double

  /// Whether the difference is decided.
  public var verdict: Verdict {
    let excludesZero = difference.interval.lower > 0 || difference.interval.upper < 0
    return excludesZero && adjustedP <= 1 - difference.interval.level + 1e-12 ? .decides : .undecided
  }

  /// Compares two groups; both have one ledger of the same items for each seed.
  init(
    _ contrast: StudySpecification.Contrast, role: String, _ first: [Ledger], _ second: [Ledger],
    _ bootstrap: Bootstrap, clusters: [String]? = nil
  ) {
    self.first = contrast.first
    self.second = contrast.second
    self.role = role
    let (a, b) = (first.map(StudyOutcome.correctness), second.map(StudyOutcome.correctness))
    difference = bootstrap.difference(a, b, clusters: clusters)
    cohensH = Statistics.cohensH(
      Statistics.mean(a.flatMap { $0 }), Statistics.mean(b.flatMap { $0 }))
    pairs = a.count == 1 && b.count == 1 ? Self.pairs(a[0], b[0]) : nil
    p = pairs.map { Statistics.mcNemar(lost: $0.secondOnly, gained: $0.firstOnly) } ?? difference.p
    (adjustedP, discoveryP) = (p, p)
    // Without a single differing item the spread is not known; one such item is then taken for the least there may be.
    let least = 1 / Double(max(difference.count, 1))
    minimumDetectable = Statistics.minimumDetectableDifference(
      standardError: max(difference.standardError, least), alpha: 1 - bootstrap.level)
  }

  /// All contrasts with p-values corrected together.
  static func corrected(_ contrasts: [StudyContrast]) -> [StudyContrast] {
    let values = contrasts.map(\.p)
    let (holm, discovery) = (Statistics.holm(values), Statistics.benjaminiHochberg(values))
    return contrasts.enumerated().map { place, contrast in
      var contrast = contrast
      contrast.adjustedP = holm[place]
      contrast.discoveryP = discovery[place]
      return contrast
    }
  }

  private static func pairs(_ first: [Double], _ second: [Double]) -> Statistics.PairedTable {
    let pairs = Array(zip(first, second))
    let count = { (a: Double, b: Double) in pairs.count { $0 == a && $1 == b } }
    return Statistics.PairedTable(
      both: count(1, 1), firstOnly: count(1, 0), secondOnly: count(0, 1), neither: count(0, 0))
  }

  /// The outcome in a sentence.
  public var sentence: String {
    let name = "\(first.rawValue) − \(second.rawValue) on \(role)"
    let points = "\((100 * difference.value).signed(1)) points"
    let interval =
      "[\((100 * difference.interval.lower).signed(1)), \((100 * difference.interval.upper).signed(1))]"
    let detectable = "\((100 * minimumDetectable).fixed(1)) points"
    switch verdict {
    case .decides:
      let better = difference.value > 0 ? first.rawValue : second.rawValue
      return "\(name): decides for \(better), \(points) \(interval), Holm-adjusted p \(Self.text(adjustedP))."
    case .undecided:
      return
        "\(name): undecided, \(points) \(interval), Holm-adjusted p \(Self.text(adjustedP)); with \(difference.count) "
        + "items the minimum detectable difference is \(detectable)."
    }
  }

  private static func text(_ p: Double) -> String { p < 0.001 ? "< 0.001" : p.fixed(3) }

  /// Every number and the verdict.
  public var json: JSON {
    var json: JSON = [
      "first": .text(first.rawValue), "second": .text(second.rawValue), "role": .text(role),
      "measure": "accuracy",
      "items": .int(difference.count), "difference": .number(difference.value),
      "interval": difference.interval.json,
      "p": .number(p), "p_holm": .number(adjustedP), "p_benjamini_hochberg": .number(discoveryP),
      "cohens_h": .number(cohensH),
      "minimum_detectable_difference": .number(minimumDetectable),
      "verdict": .text(verdict.rawValue), "declared": true, "sentence": .text(sentence),
    ]
    if let pairs { json.set("paired_effects", pairs.json(level: difference.interval.level)) }
    return json
  }
}
