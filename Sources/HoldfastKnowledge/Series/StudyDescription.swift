public import HoldfastStorage
public import HoldfastTensor

/// What a description describes: one study, or a series of them where it lists `domains`.
public enum StudyDescription: Sendable {
  case study(Study)
  case series(StudySeries)

  /// Reads a description; see `Study.init` and `StudySeries.init`.
  public init(_ json: JSON, name: String = "study", baseDirectory: String = "") throws(HoldfastError) {
    self =
      json["domains"].map { !$0.isNull } ?? false
      ? .series(try StudySeries(json, name: name, baseDirectory: baseDirectory))
      : .study(try Study(json, name: name, baseDirectory: baseDirectory))
  }

  /// Reads a description from a JSON file, whose relative paths start from the file's directory.
  public init(path: String) throws(HoldfastError) {
    try self.init(JSON.read(path), name: path, baseDirectory: FileSystem.parent(of: path) ?? "/")
  }

  /// The directory of all its files.
  public var output: String {
    switch self {
    case .study(let study): study.specification.output
    case .series(let series): series.output
    }
  }

  /// Runs it, or what is left of it.
  public func run(progress: ProgressHandler? = nil) throws(HoldfastError) -> any StudyOutput {
    switch self {
    case .study(let study): try study.run(progress: progress)
    case .series(let series): try series.run(progress: progress)
    }
  }
}

/// The result of a study or a series.
public protocol StudyOutput: Sendable {
  /// Every number.
  var json: JSON { get }
  /// The result as lines to read.
  var text: String { get }
  /// The directory of its files; `study.h5` in it holds everything.
  var directory: String { get }
}

extension StudyResult: StudyOutput {}
extension StudySeriesResult: StudyOutput {}
