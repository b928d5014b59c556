import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel
@testable import HoldfastTuning

/// Tuning under a KL penalty against PyTorch (Tests/Fixtures/scripts/kl_penalty.py).
@Suite struct KLPenaltyTests {
  /// A run that PyTorch made: the model or adapter, its data, and the settings.
  struct Run: Sendable, CustomTestStringConvertible {
    let name, folder, data: String
    let learningRate, weightDecay, klWeight: Double
    var testDescription: String { name }

    var options: TuningOptions {
      var options = Fixture.torchOptions
      options.learningRate = learningRate
      options.weightDecay = weightDecay
      options.klWeight = klWeight
      return options
    }

    func reference() throws -> SafetensorsFile {
      try SafetensorsFile(path: "\(Fixture.fixtures)/tuning/kl/\(name).safetensors")
    }

    /// The sequences of one step after another: four batches of three, or one batch for every step.
    func examples() throws -> [TrainingExample] {
      if folder.hasPrefix("model/") { return try Fixture.examples(Fixture.json("\(folder).expected.json")) }
      let file = try SafetensorsFile(path: "\(Fixture.fixtures)/\(data)/reference.safetensors")
      return try (0..<3).map {
        TrainingExample(
          id: "\($0)", tokens: try integers(file, "tokens.\($0)"), labels: try integers(file, "labels.\($0)"))
      }
    }

    func trainer() throws -> Trainer {
      let model = try Model.load("\(Fixture.fixtures)/\(folder)")
      guard let parameters = model.parameters else {
        return try Trainer(model: model, examples: examples(), options: options)
      }
      return try Trainer(
        model: model, parameters: parameters, examples: examples(), options: options, records: [],
        moments: nil,
        runtime: .shared)
    }

    private func integers(_ file: SafetensorsFile, _ name: String) throws -> [Int32] {
      let tensor = try #require(file.tensors.first { $0.name == ByteString(name) })
      return stride(from: 0, to: tensor.byteCount, by: 4).map {
        tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)
      }
    }
  }

  static let runs = [
    Run(
      name: "tiny-tied", folder: "model/tiny-tied", data: "model/tiny-tied", learningRate: 3e-3,
      weightDecay: 0, klWeight: 2),
    Run(
      name: "gemma2", folder: "architectures/gemma2", data: "architectures/gemma2", learningRate: 3e-3,
      weightDecay: 0.1, klWeight: 0.5),
    Run(
      name: "gemma2-lora", folder: "adapters/gemma2", data: "architectures/gemma2", learningRate: 5e-3,
      weightDecay: 0.1, klWeight: 0.5),
    Run(
      name: "llama-head-lora", folder: "adapters/llama-head", data: "architectures/llama", learningRate: 5e-3,
      weightDecay: 0, klWeight: 3),
  ]

  private func doubles(_ file: SafetensorsFile, _ name: String) throws -> [Double] {
    let tensor = try #require(file.tensors.first { $0.name == ByteString(name) })
    return stride(from: 0, to: tensor.byteCount, by: 8).map {
      tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
    }
  }

  @Test(arguments: runs) func fourStepsAreThoseOfTorch(run: Run) throws {
    let reference = try run.reference()
    let result = try run.trainer().run()
    let (losses, divergences, norms) = (
      try doubles(reference, "losses"), try doubles(reference, "kl"), try doubles(reference, "norms")
    )
    try #require(result.records.count == 4 && losses.count == 4 && divergences.count == 4 && norms.count == 4)
    #expect(divergences[3] > 0.05)
    for (i, record) in result.records.enumerated() {
      let kl = try #require(record.kl)
      #expect(
        abs(record.loss - losses[i]) < 1e-5, "step \(record.step): \(record.loss), PyTorch \(losses[i])")
      #expect(abs(kl - divergences[i]) < 1e-5, "step \(record.step): \(kl), PyTorch \(divergences[i])")
      #expect(abs(record.gradientNorm - norms[i]) < 1e-5 * norms[i], "step \(record.step)")
    }
    let parameters = try #require(result.model.parameters)
    var seen = 0
    for stored in reference.tensors where stored.name.hasPrefix("final.") {
      let ours = try #require(parameters[ByteString(stored.name.bytes.dropFirst(6))]).array
      let values = try stored.values()
      try #require(values.count == ours.count)
      let worst = zip(ours, values).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-5, "\(stored.name.text): \(worst)")
      seen += 1
    }
    #expect(seen == parameters.names.count)
  }

  @Test(arguments: runs.dropFirst()) func gradientsAwayFromTheBaseAreThoseOfTorch(run: Run) throws {
    let trainer = try run.trainer()
    for _ in 0..<3 { _ = try trainer.step() }
    let sequences = try run.examples().map(\.sequence)
    let targets = sequences.reduce(0) { $0 + $1.targetCount }
    let gradients = try Gradients(trainer.model)
    let base = trainer.model.parameters?.adapter == nil ? trainer.model.with(nil) : trainer.model.base
    let pass = try GradientPass(trainer.model, penalty: KLPenalty(base: base, weight: run.klWeight))
    _ = try pass.accumulate(sequences, scale: 1 / Float(targets), into: gradients, after: LossSums())
    try gradients.finish()
    var seen = 0
    for stored in try run.reference().tensors where stored.name.hasPrefix("grad.") {
      let ours = try #require(gradients[ByteString(stored.name.bytes.dropFirst(5))]).array
      let values = try stored.values()
      let scale = values.reduce(1e-30) { max($0, abs($1)) }
      let worst = zip(ours, values).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-4 * scale, "\(stored.name.text): \(worst / scale) of the largest")
      seen += 1
    }
    #expect(seen == gradients.names.count)
  }
}
