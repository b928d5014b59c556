import Glibc
import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Where the fixtures lie, and small helpers to read them.
enum Fixture {
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    return parts.joined(separator: "/") + "/Fixtures"
  }()

  static func json(_ name: String) throws -> JSONNode {
    JSONNode(try JSON.read("\(root)/knowledge/\(name)"), document: name)
  }
}

extension JSONNode {
  func numbers(_ key: ByteString) throws -> [Double] { try member(key).elements().map { try $0.double() } }
  func integers(_ key: ByteString) throws -> [Int] { try member(key).elements().map { try $0.int() } }
  func number(_ key: ByteString) throws -> Double { try member(key).double() }
  func optionalNumber(_ key: ByteString) throws -> Double? { try optional(key)?.double() }
  func list(_ key: ByteString) throws -> [JSONNode] { try member(key).elements() }
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
  a == b || abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}

func isClose(_ a: Double?, _ b: Double?, _ tolerance: Double = 1e-10) -> Bool {
  switch (a, b) {
  case (nil, nil): true
  case (let a?, let b?): isClose(a, b, tolerance)
  default: false
  }
}

func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-10) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { isClose($0, $1, tolerance) }
}

/// The error that `body` throws; records an issue when it throws none.
func thrown(_ body: () throws -> Void) -> HoldfastError? {
  do {
    try body()
    Issue.record("nothing was thrown")
  } catch let error as HoldfastError {
    return error
  } catch {
    Issue.record("\(error)")
  }
  return nil
}

/// A ledger of made-up scores: one row for each, `gold` by row.
func ledger(_ scores: [[Double]], gold: [Int?], options: ProbeOptions = ProbeOptions()) -> Ledger {
  let rows = scores.enumerated().map { index, scores in
    LedgerRow(
      id: "q\(index)", gold: gold[index], logProbabilities: scores,
      tokenCounts: scores.indices.map { 1 + $0 },
      characterCounts: scores.indices.map { 3 + 2 * $0 }, scores: scores, promptTokens: 10 + index,
      promptDigest: "digest \(index)")
  }
  let settings = LedgerSettings(
    options: options, modelPath: "model.gguf", modelSHA256: "00ff", modelName: "before", kernel: "scalar",
    addedBOS: false, questions: "questions.jsonl", demonstrations: ["a", "b"])
  return Ledger(settings: settings, rows: rows)
}

extension Fixture {
  /// A directory of the test's own, removed when the value goes.
  final class Directory {
    let path: String

    init() throws {
      var template = Array("/tmp/holdfast-knowledge-XXXXXX".utf8CString)
      path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? StudyDirectory.removeTree(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
      try AtomicFile.write(Array(text.utf8), to: file(name))
      return file(name)
    }
  }

  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// The real model, where it is.
  static let realModel: String? = {
    let cache = environment("HOLDFAST_CACHE") ?? (FileSystem.home ?? "") + "/.cache/holdfast"
    let path = environment("HOLDFAST_TEST_MODEL") ?? cache + "/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileSystem.exists(path) ? path : nil
  }()

  /// A file of the shared data, where it is.
  static func shared(_ name: String) -> String? {
    let path = (environment("HOLDFAST_SHARED") ?? "\(root)/../../../shared") + "/data/\(name)"
    return FileSystem.exists(path) ? path : nil
  }

  static func tinyModel(_ name: String = "tiny-tied") throws -> Model {
    try Model.load("\(root)/model/\(name)")
  }

  /// The path of a copy of the tiny model with a context that the Vicuna template fits into.
  static func longModel(in directory: Directory) throws -> String {
    let (source, target) = ("\(root)/model/tiny-tied", directory.file("long-model"))
    try FileSystem.makeDirectory(target)
    for name in try FileSystem.list(source) {
      let bytes = try MappedFile(path: "\(source)/\(name.text)").withBytes { Array($0) }
      try AtomicFile.write(bytes, to: "\(target)/\(name.text)")
    }
    var configuration = try JSON.read("\(source)/config.json")
    configuration.set("max_position_embeddings", 1024)
    try AtomicFile.write(configuration.serialized(), to: "\(target)/config.json")
    return target
  }

  static func questions() throws -> QuestionSet { try QuestionSet.read("\(root)/knowledge/questions.jsonl") }
}
