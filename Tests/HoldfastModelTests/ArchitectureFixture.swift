import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// A tiny model of one architecture and what transformers computed with it: a folder that
/// `Tests/Fixtures/scripts/architectures.py` wrote, which says what lies in it.
struct ArchitectureFixture: Sendable, CustomTestStringConvertible {
  let name: String

  /// All folders.
  static let all: [ArchitectureFixture] = folders { _ in true }
  /// Those with a GGUF file.
  static let gguf = folders { FileSystem.exists($0.path("model.gguf")) }
  /// Those with a configuration in the spelling of transformers 4.
  static let older = folders { FileSystem.exists($0.path("config.v4.json")) }

  private static var directory: String {
    "/"
      + (#filePath.split(separator: "/").dropLast(2) + ["Fixtures", "architectures"]).joined(separator: "/")
  }

  private static func folders(_ belongs: (ArchitectureFixture) -> Bool) -> [ArchitectureFixture] {
    ((try? FileSystem.list(directory)) ?? []).map { ArchitectureFixture(name: $0.text) }.filter(belongs)
  }

  var testDescription: String { name }
  func path(_ file: String) -> String { "\(Self.directory)/\(name)/\(file)" }

  func model() throws -> Model { try Model.load("\(Self.directory)/\(name)") }

  /// The second layer, or the only one.
  func deepLayer(_ model: Model) -> Int { min(1, model.configuration.layers - 1) }

  /// The tensors of `reference.safetensors`.
  func reference() throws -> Reference { try Reference(path("reference.safetensors")) }

  /// What the logits of the GGUF file must equal.
  func ggufReference() throws -> Reference {
    let own = path("gguf.safetensors")
    return try Reference(FileSystem.exists(own) ? own : path("reference.safetensors"))
  }

  /// The same model by another configuration of the folder, in a directory of its own.
  func model(configuration: String, in scratch: String) throws -> Model {
    try link(["model.safetensors", "tokenizer.json"], into: scratch)
    try link([configuration], into: scratch, as: "config.json")
    return try Model.load(scratch)
  }

  func link(_ files: [String], into directory: String, as name: String? = nil) throws {
    for file in files where symlink(path(file), "\(directory)/\(name ?? file)") != 0 {
      throw HoldfastError(.io, "\(directory)/\(name ?? file): \(String(cString: strerror(errno)))")
    }
  }

  struct Reference {
    private let file: SafetensorsFile

    init(_ path: String) throws { file = try SafetensorsFile(path: path) }

    var names: [ByteString] { file.tensors.map(\.name) }
    func has(_ name: ByteString) -> Bool { names.contains(name) }

    func floats(_ name: ByteString) throws -> [Float] {
      try #require(file.tensors.first { $0.name == name }, "\(name.text) is not in \(file.path)").values()
    }

    func integers(_ name: ByteString) throws -> [Int32] {
      let tensor = try #require(file.tensors.first { $0.name == name })
      return stride(from: 0, to: tensor.byteCount, by: 4).map {
        tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)
      }
    }

    /// The sequences, with their labels.
    func sequences() throws -> [TrainingSequence] {
      try (0..<3).map {
        TrainingSequence(
          tokens: try integers(ByteString("tokens.\($0)")), labels: try integers(ByteString("labels.\($0)")))
      }
    }

    /// Logits [T, V] of a sequence, row-major.
    func logits(_ sequence: Int) throws -> [Float] { try floats(ByteString("logits.\(sequence)")) }

    /// The mean loss over all targets.
    func loss() throws -> Double { Double(try floats("loss")[0]) }

    /// Gradients by parameter, laid out as the engine lays out parameters.
    func gradients(heads: Int) throws -> [(name: ByteString, values: [Float])] {
      try file.tensors.filter { $0.name.text.hasPrefix("grad.") }.map { tensor in
        let name = String(tensor.name.text.dropFirst("grad.".count))
        let values = try tensor.values()
        // GPT-2's Conv1D keeps inputs first; GPT-NeoX puts query, key and value of one head side by side.
        if tensor.shape.count == 2, name.contains(".c_") {
          return (ByteString(name), values.transposed(rows: tensor.shape[0], columns: tensor.shape[1]))
        }
        if name.contains(".query_key_value.") {
          let part = values.count / heads / 3
          let sorted = (0..<3).flatMap { kind in
            (0..<heads).flatMap { head in values[((3 * head + kind) * part)...].prefix(part) }
          }
          return (ByteString(name), sorted)
        }
        return (ByteString(name), values)
      }
    }
  }
}

extension [Float] {
  fileprivate func transposed(rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { self[$0 * columns + column] } }
  }

  /// The distance to another array in the L2 norm, as a share of that array's norm.
  func relativeDistance(to other: [Float]) -> Double {
    guard count == other.count else { return .infinity }
    let norm = other.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let error = zip(self, other).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    return error.squareRoot() / Swift.max(norm, 1e-30)
  }

  /// The largest difference to another array as a share of that array's largest magnitude.
  func largestDifference(to other: [Float]) -> Double {
    guard count == other.count else { return .infinity }
    let largest = other.reduce(0.0) { Swift.max($0, abs(Double($1))) }
    let worst = zip(self, other).reduce(0.0) { Swift.max($0, abs(Double($1.0) - Double($1.1))) }
    return worst / Swift.max(largest, 1e-30)
  }
}

/// Prints what a test measured when `HOLDFAST_FIGURES` is set: the tables of docs/models.md are made of these lines.
func figure(_ subject: String, _ values: KeyValuePairs<String, Double>) {
  guard getenv("HOLDFAST_FIGURES") != nil else { return }
  func short(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    let exponent = Int(log10(value).rounded(.down))
    let digits = (value / pow(10, Double(exponent)) * 10).rounded() / 10
    return "\(digits)e\(exponent)"
  }
  print("figure \(subject): " + values.map { "\($0.key) \(short($0.value))" }.joined(separator: ", "))
}

/// A directory of its own for a test, in memory where there is such a place; the test removes it.
func scratchDirectory() throws -> String {
  let base = FileSystem.isDirectory("/dev/shm") ? "/dev/shm" : "/tmp"
  let path = "\(base)/holdfast-model-tests-\(UInt64.random(in: 0...UInt64.max))"
  try FileSystem.makeDirectory(path)
  return path
}

/// Runs a test with a directory of its own, in memory where there is such a place, and removes it.
func withScratchDirectory(_ body: (String) throws -> Void) throws {
  let path = try scratchDirectory()
  defer { removeTree(path) }
  try body(path)
}

private func removeTree(_ path: String) {
  if FileSystem.isDirectory(path) {
    for name in (try? FileSystem.list(path)) ?? [] { removeTree("\(path)/\(name.text)") }
  }
  try? FileSystem.remove(path)
}
