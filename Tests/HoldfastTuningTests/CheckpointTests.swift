import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastTuning

@Suite struct CheckpointTests {
  private func data(_ name: String) throws -> [TrainingExample] {
    try Fixture.examples(Fixture.json("model/\(name).expected.json"))
  }

  /// A run of `steps` steps and its checkpoint.
  private func interrupted(
    _ name: String, steps: Int, path: String, options: TuningOptions = Fixture.livelyOptions
  ) throws -> Trainer {
    let trainer = try Trainer(model: Fixture.model(name), examples: data(name), options: options)
    for _ in 0..<steps { _ = try trainer.step() }
    try trainer.checkpoint(to: path)
    return trainer
  }

  @Test(arguments: ["tiny-tied", "tiny-untied"], [0, 1, 3, 4, 9])
  func aResumedRunEndsInTheSameBits(name: String, steps: Int) throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let whole = try Trainer(
        model: Fixture.model(name), examples: data(name), options: Fixture.livelyOptions
      ).run()
      _ = try interrupted(name, steps: steps, path: path)
      let trainer = try Trainer(resuming: path, examples: data(name))
      #expect(trainer.completedSteps == steps && trainer.options == Fixture.livelyOptions)
      let resumed = try trainer.run()
      #expect(try bits(resumed.model) == bits(whole.model))
      #expect(difference(resumed, whole) == nil)
    }
  }

  @Test func writingACheckpointChangesNothing() throws {
    try Fixture.temporaryDirectory { directory in
      let name = "tiny-tied"
      let quiet = try Trainer(
        model: Fixture.model(name), examples: data(name), options: Fixture.livelyOptions
      ).run()
      let path = directory + "/checkpoint.h5"
      let busy = try Trainer(model: Fixture.model(name), examples: data(name), options: Fixture.livelyOptions)
        .run(checkpoints: CheckpointPolicy(path: path, everySteps: 2))
      #expect(try bits(busy.model) == bits(quiet.model))
      let trainer = try Trainer(resuming: path, examples: data(name))
      #expect(trainer.completedSteps == 8)
      #expect(try bits(trainer.run().model) == bits(quiet.model))
    }
  }

  @Test func aResumedRunStillNamesTheModelItStartedFrom() throws {
    try Fixture.temporaryDirectory { directory in
      let (path, final) = (directory + "/checkpoint.h5", directory + "/model.h5")
      let start = try interrupted("tiny-tied", steps: 1, path: path).model.provenance
      try Trainer(resuming: path, examples: data("tiny-tied")).run().save(to: final)
      for file in [path, final] {
        let root = try HDF5File(path: file, format: Model.checkpointFormat).root
        #expect(try root.text("source").text == start.path)
        #expect(try root.text("source_format") == "hugging-face")
        #expect(try root.text("source_sha256").text == start.sha256())
      }
    }
  }

  @Test func aCheckpointIsAModel() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let trainer = try interrupted("tiny-untied", steps: 3, path: path)
      let loaded = try Model.load(path)
      #expect(loaded.configuration == trainer.model.configuration)
      #expect(
        try Parameters(copying: loaded).tensors.map(\.array) == trainer.model.parameters?.tensors.map(\.array)
      )
      #expect(try loaded.tokenizer.encode("the answer") == trainer.model.tokenizer.encode("the answer"))
    }
  }

  @Test func aResultIsSavedWithoutMomentsAndCannotBeResumed() throws {
    try Fixture.temporaryDirectory { directory in
      let (path, checkpoint) = (directory + "/model.h5", directory + "/checkpoint.h5")
      _ = try interrupted("tiny-tied", steps: 9, path: checkpoint)
      let result = try Trainer(resuming: checkpoint, examples: data("tiny-tied")).run()
      try result.save(to: path)
      #expect(try FileSystem.size(path) * 2 < FileSystem.size(checkpoint) * 3 / 2)
      #expect(
        try Parameters(copying: Model.load(path)).tensors.map(\.array)
          == result.model.parameters?.tensors.map(\.array))
      let error = #expect(throws: HoldfastError.self) {
        try Trainer(resuming: path, examples: data("tiny-tied"))
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains(path) == true && error?.message.contains("moments") == true)
    }
  }

  @Test func otherDataIsRefused() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      _ = try interrupted("tiny-tied", steps: 2, path: path)
      var changed = try data("tiny-tied")
      changed.swapAt(0, 1)
      for examples in [changed, Array(changed.dropLast())] {
        let error = #expect(throws: HoldfastError.self) { try Trainer(resuming: path, examples: examples) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("examples") == true)
      }
    }
  }

  @Test func otherOptionsAreRefusedByNameUnlessTheyDecideNothing() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      _ = try interrupted("tiny-tied", steps: 2, path: path)
      var options = Fixture.livelyOptions
      options.learningRate = 5e-4
      options.seed = 9
      let error = #expect(throws: HoldfastError.self) {
        try Trainer(resuming: path, examples: data("tiny-tied"), options: options)
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("learning_rate (0.002, now 0.0005)") == true)
      #expect(error?.message.contains("seed (7, now 9)") == true)

      options = Fixture.livelyOptions
      options.microBatchSize = 1
      let cut = try Trainer(resuming: path, examples: data("tiny-tied"), options: options).run()
      let whole = try Trainer(resuming: path, examples: data("tiny-tied")).run()
      #expect(try bits(cut.model) == bits(whole.model))
    }
  }

  /// The moments are half as large in the file, and a run goes on from them to the same bits.
  @Test func momentsInBFloat16GoOnToTheSameBits() throws {
    try Fixture.temporaryDirectory { directory in
      let (path, other) = (directory + "/checkpoint.h5", directory + "/float32.h5")
      var options = Fixture.livelyOptions
      _ = try interrupted("tiny-tied", steps: 4, path: other, options: options)
      options.momentPrecision = .bfloat16
      _ = try interrupted("tiny-tied", steps: 4, path: path, options: options)
      let resumed = try Trainer(resuming: path, examples: data("tiny-tied")).run()
      let whole = try Trainer(
        model: Fixture.model("tiny-tied"), examples: data("tiny-tied"), options: options
      ).run()
      #expect(try bits(resumed.model) == bits(whole.model))
      let plain = try Trainer(resuming: other, examples: data("tiny-tied")).run()
      #expect(try bits(plain.model) != bits(whole.model))
      for (a, b) in zip(plain.records, whole.records) { #expect(abs(a.loss - b.loss) < 0.02 * a.loss) }
      let moments = try HDF5File(path: path).root.group("optimizer").group("second_moment")
      for (name, kind) in try moments.members() where kind == .dataset {
        #expect(try moments.dataset(name).type == .bfloat16)
      }
      options.momentPrecision = .float32
      let error = #expect(throws: HoldfastError.self) {
        try Trainer(resuming: path, examples: data("tiny-tied"), options: options)
      }
      #expect(error?.message.contains("moment_precision (\"bfloat16\", now \"float32\")") == true)
    }
  }

  @Test func aConstantRateMayRunLonger() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      var options = Fixture.torchOptions
      options.maxSteps = 2
      _ = try interrupted("tiny-tied", steps: 2, path: path, options: options)
      let longer = try Trainer(resuming: path, examples: data("tiny-tied"), options: Fixture.torchOptions)
        .run()
      let whole = try Trainer(
        model: Fixture.model("tiny-tied"), examples: data("tiny-tied"), options: Fixture.torchOptions
      ).run()
      #expect(try bits(longer.model) == bits(whole.model))
    }
  }

  @Test func cancellingBeforeTheFirstStepWritesNothing() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let trainer = try Trainer(
        model: Fixture.model("tiny-tied"), examples: data("tiny-tied"), options: Fixture.livelyOptions)
      let error = #expect(throws: HoldfastError.self) {
        try trainer.run(checkpoints: CheckpointPolicy(path: path)) { _ in false }
      }
      #expect(error?.code == .cancelled)
      #expect(!FileSystem.exists(path))
    }
  }

  @Test func cancellingKeepsTheStepsTaken() throws {
    try Fixture.temporaryDirectory { directory in
      let path = directory + "/checkpoint.h5"
      let whole = try Trainer(
        model: Fixture.model("tiny-tied"), examples: data("tiny-tied"), options: Fixture.livelyOptions
      ).run()
      var options = Fixture.livelyOptions
      options.microBatchSize = 1
      let trainer = try Trainer(
        model: Fixture.model("tiny-tied"), examples: data("tiny-tied"), options: options)
      var reports = 0
      let error = #expect(throws: HoldfastError.self) {
        try trainer.run(checkpoints: CheckpointPolicy(path: path)) { _ in
          reports += 1
          return reports < 13  // in the middle of a step
        }
      }
      #expect(error?.code == .cancelled)
      #expect(error?.message.contains(path) == true)
      let resumed = try Trainer(resuming: path, examples: data("tiny-tied"))
      #expect(resumed.completedSteps == trainer.completedSteps)
      #expect(resumed.completedSteps > 0 && resumed.completedSteps < resumed.totalSteps)
      #expect(try bits(resumed.run().model) == bits(whole.model))
      // the cancelled trainer itself may go on, too
      #expect(try bits(trainer.run().model) == bits(whole.model))
    }
  }
}
