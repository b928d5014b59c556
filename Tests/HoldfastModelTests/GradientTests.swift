import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Loss and gradients against PyTorch, and gradient accumulation to the bit.
@Suite struct GradientTests {
  @Test(arguments: ["tiny-tied", "tiny-untied"])
  func gradientsEqualPyTorch(name: String) throws {
    let base = try Fixture.model(name)
    let model = base.with(try Parameters(copying: base))
    let expected = try Fixture.expected(name)
    let sequences = try Fixture.sequences(try expected.member("sequences"))
    let targets = sequences.reduce(0) { $0 + $1.targetCount }
    let gradients = try Gradients(model)
    let sum = try GradientPass(model).accumulate(sequences, scale: 1 / Float(targets), into: gradients)
    try gradients.finish()
    #expect(abs(sum / Double(targets) - (try expected.member("loss").double())) < 1e-5)

    let reference = try Fixture.tensors("\(name).gradients")
    #expect(Set(reference.keys) == Set(gradients.names))
    for (tensorName, wanted) in reference {
      let found = try #require(gradients[tensorName]).array
      #expect(found.count == wanted.count)
      let norm = wanted.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let error = zip(found, wanted).reduce(0.0) {
        $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
      }
      #expect(error.squareRoot() / norm < 1e-4, "\(tensorName.text)")
    }
  }

  @Test func singleSequenceLossesEqualPyTorch() throws {
    let model = try Fixture.model("tiny-tied")
    let expected = try Fixture.expected("tiny-tied")
    let losses = try expected.member("losses").elements().map { try $0.double() }
    for (sequence, loss) in zip(try Fixture.sequences(try expected.member("sequences")), losses) {
      #expect(abs(try model.lossAndGradients(sequence).loss - loss) < 1e-5)
    }
  }

  @Test func microBatchesAndThreadsGiveTheSameBits() throws {
    let base = try Fixture.model("tiny-tied")
    let model = base.with(try Parameters(copying: base))
    let batches = try Fixture.expected("tiny-tied").member("batches").elements()
    let sequences = try batches.flatMap { try Fixture.sequences($0) }
    #expect(sequences.count >= 4)

    func run(_ size: Int) throws -> (Double, [[UInt32]]) {
      let gradients = try Gradients(model)
      let pass = try GradientPass(model)
      var loss = 0.0
      for start in stride(from: 0, to: sequences.count, by: size) {
        let part = Array(sequences[start..<min(start + size, sequences.count)])
        // One sum over everything, so that the loss too is one chain.
        loss += try pass.accumulate(part, scale: 1.0 / 64, into: gradients)
      }
      try gradients.finish()
      return (loss, gradients.tensors.map(\.array.bits))
    }
    let whole = try run(sequences.count)
    #expect(whole.1.contains { $0.contains { $0 != 0 } })
    for size in [1, 2, 3] {
      let part = try run(size)
      #expect(part.1 == whole.1, "micro-batches of \(size)")
      #expect(abs(part.0 - whole.0) < 1e-9)
    }
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 2, 3] {
      try Runtime.shared.setThreadCount(threads)
      #expect(try run(sequences.count).1 == whole.1, "\(threads) threads")
    }
  }

  @Test func unusableSequencesAreErrors() throws {
    let model = try Fixture.model("tiny-tied")
    let bad = [
      TrainingSequence(tokens: [1, 2], labels: [1]), TrainingSequence(tokens: [1, 2], labels: [5, -100]),
      TrainingSequence(tokens: [1, 283], labels: [-100, 1]),
      TrainingSequence(tokens: [1, 2], labels: [-100, 283]),
      TrainingSequence(tokens: [1, 2], labels: [-100, -7]), TrainingSequence(tokens: [], labels: []),
    ]
    for sequence in bad {
      #expect { try model.lossAndGradients(sequence) } throws: {
        ($0 as? HoldfastError)?.code == .invalidArgument
      }
    }
    #expect(throws: HoldfastError.self) { try GradientPass(model) }
  }
}
