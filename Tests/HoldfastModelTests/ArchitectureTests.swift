import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Every architecture against transformers: logits, loss, all gradients, in both file formats.
@Suite struct ArchitectureTests {
  @Test func everyFixtureIsThere() {
    #expect(ArchitectureFixture.all.count == 22)
    #expect(ArchitectureFixture.gguf.count == 16)
    #expect(ArchitectureFixture.older.count == 16)
  }

  @Test(arguments: ArchitectureFixture.all)
  func logitsEqualTransformers(fixture: ArchitectureFixture) throws {
    try check(try fixture.model(), fixture, try fixture.reference(), "\(fixture.name) logits")
  }

  @Test(arguments: ArchitectureFixture.gguf)
  func ggufLogitsEqualTransformers(fixture: ArchitectureFixture) throws {
    let model = try Model.load(fixture.path("model.gguf"))
    try check(model, fixture, try fixture.ggufReference(), "\(fixture.name) gguf logits")
  }

  private func check(
    _ model: Model, _ fixture: ArchitectureFixture, _ expected: ArchitectureFixture.Reference,
    _ subject: String
  ) throws {
    let session = try model.makeSession()
    var worst = 0.0
    for (i, sequence) in try fixture.reference().sequences().enumerated() {
      let logits = try session.logits([Segment(sequence.tokens, outputs: .all)])
      #expect(logits.shape == [sequence.tokens.count, model.configuration.vocabularySize])
      worst = max(worst, logits.array.deviation(from: try expected.logits(i)))
    }
    figure(subject, ["of range": worst])
    #expect(worst < 1e-4)
  }

  @Test(arguments: ArchitectureFixture.all)
  func lossAndGradientsEqualPyTorch(fixture: ArchitectureFixture) throws {
    let base = try fixture.model()
    let model = base.with(try Parameters(copying: base))
    let expected = try fixture.reference()
    let sequences = try expected.sequences()
    let targets = sequences.reduce(0) { $0 + $1.targetCount }
    let gradients = try Gradients(model)
    let sum = try GradientPass(model).accumulate(sequences, scale: 1 / Float(targets), into: gradients)
    try gradients.finish()
    let loss = abs(sum / Double(targets) - (try expected.loss()))
    #expect(loss < 1e-5)

    let wanted = try expected.gradients(heads: model.configuration.heads)
    #expect(Set(wanted.map(\.name)) == Set(gradients.names))
    var worst = (norm: 0.0, entry: 0.0)
    for (name, values) in wanted {
      let found = try #require(gradients[name]).array
      let norm = found.relativeDistance(to: values)
      let entry = found.largestDifference(to: values)
      #expect(norm < 1e-3 && entry < 1e-3, "\(name.text): \(norm) in norm, \(entry) at the worst entry")
      worst = (max(worst.norm, norm), max(worst.entry, entry))
    }
    figure("\(fixture.name) gradients", ["loss": loss, "norm": worst.norm, "entry": worst.entry])
  }

  @Test(arguments: ArchitectureFixture.older)
  func olderConfigurationsMeanTheSame(fixture: ArchitectureFixture) throws {
    let tokens = try fixture.reference().sequences()[2].tokens
    let wanted = try fixture.model().makeSession().logits([Segment(tokens, outputs: .all)]).array.bits
    try withScratchDirectory { scratch in
      let older = try fixture.model(configuration: "config.v4.json", in: scratch)
      let found = try older.makeSession().logits([Segment(tokens, outputs: .all)]).array.bits
      #expect(found.elementsEqual(wanted))
    }
  }

  @Test(arguments: ArchitectureFixture.all)
  func savedModelsLoadToTheSameBits(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let segments = try fixture.reference().sequences().map { Segment($0.tokens, outputs: .all) }
    let wanted = try model.makeSession().logits(segments).array.bits
    try withScratchDirectory { scratch in
      try model.save(to: "\(scratch)/model.h5")
      let again = try Model.load("\(scratch)/model.h5")
      #expect(again.configuration == model.configuration)
      #expect(try again.makeSession().logits(segments).array.bits.elementsEqual(wanted))
    }
  }

  @Test func unknownArchitecturesAreRefusedByName() throws {
    let fixture = ArchitectureFixture(name: "llama")
    var config = try JSON.read(fixture.path("config.json"))
    config.set("model_type", "mamba")
    try withScratchDirectory { scratch in
      try AtomicFile.write(config.serialized(), to: "\(scratch)/config.json")
      #expect { try Model.load(scratch) } throws: {
        guard let error = $0 as? HoldfastError else { return false }
        return error.code == .unsupported && error.message.contains("'mamba'")
          && error.message.contains("config.json")
          && Architecture.known.allSatisfy { error.message.contains($0.name) }
      }
    }
  }
}
