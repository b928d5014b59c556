public import HoldfastStorage
public import HoldfastTensor

/// One study carried out in several domains, each with its own pool and evaluation sets, and summed up over them: the
/// paper's experiment has four.
///
/// Every domain is a study in a directory of its own below the series'. What the paper correlates, consistency and accuracy
/// over domains and mixtures, needs them all.
public struct StudySeries: Sendable {
  /// The format of series files.
  public static let format = FileFormat(name: "holdfast-study-series", major: 1, minor: 1)

  /// One domain.
  public struct Domain: Sendable {
    /// Its name.
    public let name: String
    /// Its study.
    public let study: Study
  }

  /// The series' name.
  public let name: String
  /// Its directory.
  public let output: String
  /// The domains, in order.
  public let domains: [Domain]
  /// The description it was read from.
  public let configuration: JSON

  /// What all domains have in common, and so cannot say for themselves.
  private static let common: [ByteString] = [
    "output", "model", "mode", "seed", "seeds", "groups", "contrasts", "statistics", "domains",
  ]

  /// Reads a description with a member `domains`: a list of objects with a `name` each, whose other members take the place
  /// of those of the whole description.
  ///
  /// - Parameters:
  ///   - document: what messages call the description.
  ///   - baseDirectory: where relative paths start; the working directory when empty.
  /// - Throws: an error that names the domain and the key that is missing, unknown or out of range.
  public init(_ json: JSON, name document: String = "study", baseDirectory: String = "") throws(HoldfastError)
  {
    let node = JSONNode(json, document: document)
    name = try StudySpecification.name(node.member("name"))
    output =
      try node.optional("output").map { value throws(HoldfastError) in
        try PathText.resolved(value, baseDirectory: baseDirectory)
      } ?? "runs/\(name)"
    configuration = json
    let list = try node.member("domains")
    var domains: [Domain] = []
    for element in try list.elements() {
      let domain = try StudySpecification.name(element.member("name"))
      guard !domains.contains(where: { $0.name == domain }) else {
        throw element.wrong("names the domain '\(domain)' a second time")
      }
      let study = try Study(
        Self.description(json, element), name: "\(document), domain \(domain)", baseDirectory: baseDirectory)
      domains.append(Domain(name: domain, study: study.with(output: "\(output)/\(domain)")))
    }
    guard domains.count > 1 else {
      throw list.wrong("must have at least two domains; leave it out for one")
    }
    self.domains = domains
  }

  /// The description of one domain's study.
  private static func description(_ json: JSON, _ domain: JSONNode) throws(HoldfastError) -> JSON {
    var description: [(key: ByteString, value: JSON)] = (json.objectValue ?? []).filter {
      $0.key != "domains"
    }
    for (key, value) in try domain.members() {
      guard !common.contains(key) else {
        throw value.wrong("is the same for all domains; set it beside 'domains'")
      }
      description.removeAll { $0.key == key }
      description.append((key, value.json))
    }
    return .object(description)
  }

  /// Runs the domains one after another, or what is left of them, and writes the series' files.
  ///
  /// - Parameter progress: told of every stage of every domain; returning `false` stops, and the next run goes on from
  ///   there.
  /// - Throws: what a study throws, with the domain's name.
  public func run(progress: ProgressHandler? = nil) throws(HoldfastError) -> StudySeriesResult {
    let directory = StudyDirectory(path: output)
    try FileSystem.makeDirectory(output)
    try writePlan(to: directory)
    var results: [StudySeriesResult.Part] = []
    for (place, domain) in domains.enumerated() {
      let number = "domain \(domain.name), \(place + 1) of \(domains.count)"
      let handler: ProgressHandler? = progress.map { progress in
        { report in
          var report = report
          report.detail = report.detail.isEmpty ? number : "\(number), \(report.detail)"
          return progress(report)
        }
      }
      do throws(HoldfastError) {
        results.append(.init(domain: domain.name, result: try domain.study.run(progress: handler)))
      } catch {
        throw error.at("domain \(domain.name)")
      }
    }
    let result = StudySeriesResult(self, results)
    try result.write(to: directory)
    return result
  }

  /// Writes down which domains there are, for whoever asks how far the series is.
  private func writePlan(to directory: StudyDirectory) throws(HoldfastError) {
    let json: JSON = ["name": .text(name), "domains": .array(domains.map { .text($0.name) })]
    try AtomicFile.write(json.serialized(pretty: true), to: directory.domains)
  }
}

extension Study {
  /// The same study in another directory.
  func with(output: String) -> Study {
    var specification = specification
    specification.output = output
    return Study(specification, configuration: configuration)
  }
}
