import Glibc
import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastTuning

/// Stored fixtures and what tests build from them.
enum Fixture {
  /// The repository.
  static let repository =
    FileSystem.parent(of: FileSystem.parent(of: FileSystem.parent(of: #filePath) ?? ".") ?? ".") ?? "."
  static let fixtures = repository + "/Tests/Fixtures"

  /// A file of shared data, or `nil` where this checkout has none; tests then say that they skip.
  static func shared(_ path: String) -> String? {
    let root = getenv("HOLDFAST_SHARED").map { String(cString: $0) } ?? repository + "/../shared"
    let file = root + "/" + path
    return FileSystem.exists(file) ? file : nil
  }

  /// The real model, or `nil` where it is not installed.
  static let realModel: String? = {
    if let path = getenv("HOLDFAST_TEST_MODEL") { return String(cString: path) }
    let path = (FileSystem.home ?? "") + "/.cache/holdfast/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileSystem.exists(path) ? path : nil
  }()

  static func model(_ name: String) throws -> Model { try Model.load("\(fixtures)/model/\(name)") }
  static func json(_ path: String) throws -> JSON { try JSON.read("\(fixtures)/\(path)") }

  /// The four batches of three sequences that PyTorch trained `name` on, one after another.
  static func examples(_ expected: JSON) throws -> [TrainingExample] {
    var examples: [TrainingExample] = []
    for (i, batch) in (expected["batches"]?.arrayValue ?? []).enumerated() {
      for (j, row) in (batch.arrayValue ?? []).enumerated() {
        examples.append(
          TrainingExample(
            id: "\(i).\(j)", tokens: try #require(integers(row["tokens"])),
            labels: try #require(integers(row["labels"]))))
      }
    }
    try #require(examples.count == 12)
    return examples
  }

  static func integers(_ json: JSON?) -> [Int32]? {
    json?.arrayValue?.compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
  }
  static func numbers(_ json: JSON?) -> [Double]? { json?.arrayValue?.compactMap(\.doubleValue) }

  /// What the fixture's AdamW runs used.
  static var torchOptions: TuningOptions {
    var options = TuningOptions()
    options.batchSize = 3
    options.maxSteps = 4
    options.learningRate = 1e-3
    options.schedule = .constant
    options.warmupRatio = 0
    options.shuffle = false
    return options
  }

  /// Options under which order, schedule and decay all matter: 12 examples in batches of 5 for three epochs.
  static var livelyOptions: TuningOptions {
    var options = TuningOptions()
    options.batchSize = 5
    options.epochs = 3
    options.learningRate = 2e-3
    options.warmupRatio = 0.2
    options.weightDecay = 0.05
    options.seed = 7
    return options
  }

  /// A directory of the test's own, removed by `body`'s end.
  static func temporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/holdfast-tuning-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in (try? FileSystem.list(path)) ?? [] { try? FileSystem.remove("\(path)/\(name.text)") }
      try? FileSystem.remove(path)
    }
    return try body(path)
  }
}

/// Every bit of a model's parameters.
func bits(_ model: Model) throws -> [[UInt32]] {
  try #require(model.parameters).tensors.map { $0.array.map(\.bitPattern) }
}

/// The first figure in which two runs differ, if any; the time taken is no figure.
func difference(_ a: TuningResult, _ b: TuningResult) -> String? {
  guard a.records.count == b.records.count else { return "\(a.records.count) and \(b.records.count) steps" }
  for (x, y) in zip(a.records, b.records) {
    var (x, y) = (x, y)
    (x.seconds, y.seconds) = (0, 0)
    if x != y { return "\(x) and \(y)" }
  }
  return nil
}
