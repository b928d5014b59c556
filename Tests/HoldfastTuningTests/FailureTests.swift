import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastTuning

@Suite struct FailureTests {
  private let examples: [TrainingExample]
  private let model: Model

  init() throws {
    examples = try Fixture.examples(Fixture.json("model/tiny-tied.expected.json"))
    model = try Fixture.model("tiny-tied")
  }

  private func refusal(_ examples: [TrainingExample], _ options: TuningOptions = TuningOptions())
    -> HoldfastError?
  {
    #expect(throws: HoldfastError.self) { try Trainer(model: model, examples: examples, options: options) }
  }

  @Test func examplesTheModelCannotLearnFromAreNamed() {
    #expect(refusal([])?.code == .invalidArgument)
    var bad = examples
    bad[3] = TrainingExample(id: "empty", tokens: [5, 6, 7], labels: [-100, -100, -100])
    #expect(refusal(bad)?.message.contains("example 3 ('empty')") == true)
    bad[3] = TrainingExample(id: "wild", tokens: [5, 283, 7], labels: [-100, 283, 7])
    #expect(refusal(bad)?.message.contains("'wild'") == true)
    bad[3] = TrainingExample(id: "ragged", tokens: [5, 6, 7], labels: [6, 7])
    #expect(refusal(bad)?.message.contains("'ragged'") == true)
    bad[3] = TrainingExample(
      id: "long", tokens: .init(repeating: 5, count: 129), labels: .init(repeating: 5, count: 129))
    #expect(refusal(bad)?.code == .contextLength)
  }

  @Test func badOptionsAreRefused() {
    var options = TuningOptions()
    options.beta2 = 1
    #expect(refusal(examples, options)?.code == .invalidArgument)
  }

  @Test func aLossThatIsNotFiniteNamesItsStepAndKeepsTheParameters() throws {
    let parameters = try Parameters(copying: model)
    let embedding = try #require(parameters["model.embed_tokens.weight"])
    let trainer = try Trainer(
      model: model.with(parameters), examples: examples, options: Fixture.torchOptions)
    _ = try trainer.step()
    let before = try bits(trainer.model)
    try #require(trainer.model.parameters)["model.layers.1.mlp.up_proj.weight"]?[17] = .infinity
    let error = #expect(throws: HoldfastError.self) { try trainer.run() }
    #expect(error?.code == .numerical)
    #expect(error?.message.contains("step 2") == true)
    try #require(trainer.model.parameters)["model.layers.1.mlp.up_proj.weight"]?[17] = Float(
      bitPattern: before[try #require(parameters.names.firstIndex(of: "model.layers.1.mlp.up_proj.weight"))][
        17])
    #expect(try bits(trainer.model) == before)
    #expect(embedding.array.allSatisfy { $0.isFinite })
  }

  @Test func gradientsThatAreNotFiniteNameTheirTensor() throws {
    let gradients = try Gradients(model.with(Parameters(copying: model)))
    gradients.tensors[4][3] = .nan
    let error = #expect(throws: HoldfastError.self) { try gradients.norm(.shared) }
    #expect(error?.code == .numerical)
    #expect(error?.message.contains("'\(gradients.names[4].text)' is not finite (element 3)") == true)
  }

  @Test func nothingIsWrittenWhereItCannotBe() throws {
    let trainer = try Trainer(model: model, examples: examples, options: Fixture.torchOptions)
    let error = #expect(throws: HoldfastError.self) {
      try trainer.run(checkpoints: CheckpointPolicy(path: "/nowhere/at/all/checkpoint.h5"))
    }
    #expect(error?.message.contains("/nowhere/at/all") == true)
    #expect(trainer.completedSteps == 0)
  }

  @Test func aFullDiskIsNoticedBeforeTheFirstStep() throws {
    let trainer = try Trainer(model: model, examples: examples, options: Fixture.torchOptions)
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let error = #expect(throws: HoldfastError.self) {
        try trainer.requireSpace(for: path, moments: true, free: 100_000)
      }
      #expect(error?.code == .io)
      #expect(error?.message.contains(path) == true && error?.message.contains("free") == true)
      try trainer.requireSpace(for: path, moments: true, free: 100_000_000)
    }
  }

  @Test func damagedCheckpointsAreRefused() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let trainer = try Trainer(model: model, examples: examples, options: Fixture.torchOptions)
      _ = try trainer.step()
      try trainer.checkpoint(to: path)
      let bytes = try MappedFile(path: path).withBytes { Array($0) }
      for part in [0, 100, bytes.count / 3, bytes.count - 5000] {
        let cut = directory + "/cut-\(part).h5"
        try AtomicFile.write(Array(bytes.prefix(part)), to: cut)
        #expect(throws: HoldfastError.self) { try Trainer(resuming: cut, examples: examples) }
      }
      #expect(throws: HoldfastError.self) {
        try Trainer(resuming: directory + "/absent.h5", examples: examples)
      }
    }
  }

  @Test func aFinishedTrainerTakesNoStep() throws {
    let trainer = try Trainer(model: model, examples: examples, options: Fixture.torchOptions)
    _ = try trainer.run()
    let error = #expect(throws: HoldfastError.self) { try trainer.step() }
    #expect(error?.code == .invalidArgument)
  }
}
