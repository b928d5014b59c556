public import HoldfastStorage
public import HoldfastTensor

/// A whole study: probe, build the groups, tune on each, evaluate, score the consistency.
///
/// Everything is kept in the study's directory. A study that was killed, or is run again, goes on behind what is there
/// and ends in the same numbers; `docs/study.md` describes the description and the files.
public struct Study: Sendable {
  /// The format of study files.
  public static let format = FileFormat(name: "holdfast-study", major: 1, minor: 2)

  /// What the study does.
  public let specification: StudySpecification
  /// The description it was read from.
  public let configuration: JSON

  /// Reads a description.
  ///
  /// - Parameters:
  ///   - name: what messages call the description.
  ///   - baseDirectory: where its relative paths start; the working directory when empty.
  /// - Throws: an error that names the key that is missing, unknown or out of range.
  public init(_ json: JSON, name: String = "study", baseDirectory: String = "") throws(HoldfastError) {
    specification = try StudySpecification(JSONNode(json, document: name), baseDirectory: baseDirectory)
    configuration = json
  }

  init(_ specification: StudySpecification, configuration: JSON) {
    self.specification = specification
    self.configuration = configuration
  }

  /// Reads a description from a JSON file, whose relative paths start from the file's directory.
  public init(path: String) throws(HoldfastError) {
    try self.init(JSON.read(path), name: path, baseDirectory: FileSystem.parent(of: path) ?? "/")
  }

  /// Runs the study, or what is left of it, and writes its files.
  ///
  /// - Parameter progress: told of every stage; returning `false` stops, and the next run goes on from there.
  /// - Throws: what a stage throws, with the stage's name; `cancelled`; `io` when another process runs the study or the
  ///   disk has no room.
  public func run(progress: ProgressHandler? = nil) throws(HoldfastError) -> StudyResult {
    let directory = StudyDirectory(path: specification.output)
    try directory.make()
    let lock = try DirectoryLock(directory.stages)
    defer { withExtendedLifetime(lock) {} }
    let runner = try StudyRunner(specification, directory, progress: progress)
    let result = StudyResult(try runner.findings(), configuration: configuration)
    try result.write(to: directory)
    try runner.finish()
    return result
  }
}
