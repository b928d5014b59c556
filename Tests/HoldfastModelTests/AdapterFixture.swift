import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// A LoRA adapter that PEFT made for a tiny model, and what PyTorch computed with both:
/// `Tests/Fixtures/scripts/adapters.py` says what lies in its folder.
struct AdapterFixture: Sendable, CustomTestStringConvertible {
  let name: String

  static let all: [AdapterFixture] = ((try? FileSystem.list(directory)) ?? []).map {
    AdapterFixture(name: $0.text)
  }

  private static var directory: String {
    "/" + (#filePath.split(separator: "/").dropLast(2) + ["Fixtures", "adapters"]).joined(separator: "/")
  }

  var testDescription: String { name }
  var path: String { "\(Self.directory)/\(name)" }

  /// The adapter on its base model, which its configuration names.
  func model() throws -> Model { try Model.load(path) }

  /// What the adapter's own file says.
  func reference() throws -> ArchitectureFixture.Reference {
    try ArchitectureFixture.Reference("\(path)/reference.safetensors")
  }

  /// The sequences of the base model's fixture.
  func sequences() throws -> [TrainingSequence] {
    let configuration = try JSON.read("\(path)/adapter_config.json")
    let base = try #require(configuration["base_model_name_or_path"]?.textValue)
    return try ArchitectureFixture.Reference("\(path)/\(base)/reference.safetensors").sequences()
  }
}

extension Model {
  /// Logits [T, V] of a text.
  func allLogits(_ tokens: [Int32]) throws -> [Float] {
    try makeSession().logits([Segment(tokens, outputs: .all)]).array
  }

  /// Loss and gradients of sequences, in micro-batches of so many, with dropout from a step if one is given.
  func gradients(
    _ sequences: [TrainingSequence], together: Int = .max, dropout step: Int? = nil
  ) throws -> (loss: Double, gradients: Gradients) {
    let targets = sequences.reduce(0) { $0 + $1.targetCount }
    let gradients = try Gradients(self)
    let pass = try GradientPass(self)
    if let step { pass.begin(step: step, seed: 17) }
    var sum = 0.0
    for start in stride(from: 0, to: sequences.count, by: min(together, sequences.count)) {
      let end = min(sequences.count, together == .max ? .max : start + together)
      sum = try pass.accumulate(
        Array(sequences[start..<end]), scale: 1 / Float(targets), into: gradients, after: sum)
    }
    try gradients.finish()
    return (sum / Double(targets), gradients)
  }
}
