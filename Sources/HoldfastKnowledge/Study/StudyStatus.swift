public import HoldfastStorage
public import HoldfastTensor

/// How far a study is; reading it disturbs nothing, also while the study runs.
public struct StudyStatus: Sendable {
  /// How far a stage is.
  public enum Progress: Sendable, Equatable {
    /// Nothing is there.
    case waiting
    /// Begun; so many questions are sealed, where the stage counts questions.
    case begun(questions: Int)
    /// Complete.
    case done
  }

  /// The study's name.
  public let name: String
  /// The stages in order.
  public let stages: [(name: String, progress: Progress)]
  /// Whether the result is written.
  public let isFinished: Bool

  /// Reads the directory of a study; throws `notFound` when there is none.
  public init(directory path: String) throws(HoldfastError) {
    let directory = StudyDirectory(path: path)
    if FileSystem.exists(directory.domains) {
      self = try Self.series(directory)
      return
    }
    guard FileSystem.exists(directory.plan) else {
      throw HoldfastError(
        .notFound, "\(path): there is no study here; give the directory that a study was run in")
    }
    let plan = JSONNode(try JSON.read(directory.plan), document: directory.plan)
    name = try plan.member("name").text()
    stages = try plan.member("stages").elements().map { element throws(HoldfastError) in
      let stage = try element.text()
      return (stage, try Self.progress(directory.stage(stage)))
    }
    isFinished = FileSystem.exists(directory.studyFile) && stages.allSatisfy { $0.progress == .done }
  }

  private init(name: String, stages: [(name: String, progress: Progress)], isFinished: Bool) {
    self.name = name
    self.stages = stages
    self.isFinished = isFinished
  }

  /// The stages of all domains of a series; one that has not begun stands for its stages.
  private static func series(_ directory: StudyDirectory) throws(HoldfastError) -> StudyStatus {
    let node = JSONNode(try JSON.read(directory.domains), document: directory.domains)
    var stages: [(name: String, progress: Progress)] = []
    for element in try node.member("domains").elements() {
      let domain = try element.text()
      let part = StudyDirectory(path: "\(directory.path)/\(domain)")
      guard FileSystem.exists(part.plan) else {
        stages.append((domain, .waiting))
        continue
      }
      stages += try StudyStatus(directory: part.path).stages.map { ("\(domain): \($0.name)", $0.progress) }
    }
    return StudyStatus(
      name: try node.member("name").text(), stages: stages,
      isFinished: FileSystem.exists(directory.studyFile) && stages.allSatisfy { $0.progress == .done })
  }

  private static func progress(_ stage: String) throws(HoldfastError) -> Progress {
    guard let record = try Stage.record(stage) else { return .waiting }
    if record["done"]?.boolValue == true { return .done }
    return .begun(questions: try LedgerStore.count(in: "\(stage)/segments"))
  }

  /// Name, stages and whether all is done.
  public var json: JSON {
    [
      "name": .text(name), "finished": .bool(isFinished),
      "done": .int(stages.count { $0.progress == .done }), "total": .int(stages.count),
      "stages": .array(
        stages.map { stage in
          switch stage.progress {
          case .waiting: ["name": .text(stage.name), "state": "waiting"]
          case .begun(let count): ["name": .text(stage.name), "state": "begun", "questions": .int(count)]
          case .done: ["name": .text(stage.name), "state": "done"]
          }
        }),
    ]
  }

  /// One line for each stage.
  public var text: String {
    let lines = stages.map { stage in
      switch stage.progress {
      case .waiting: "waiting  \(stage.name)"
      case .begun(let count): "begun    \(stage.name)" + (count > 0 ? " (\(count) questions)" : "")
      case .done: "done     \(stage.name)"
      }
    }
    return (["Study \(name): \(isFinished ? "finished" : "not finished")"] + lines).joined(separator: "\n")
      + "\n"
  }
}
