import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// What must not show in the bits of an adapted model, and what must not cost memory.
@Suite struct AdapterInvarianceTests {
  /// Fixtures with fused projections and with an adapter on the output among them.
  private static let some = AdapterFixture.all.filter {
    ["llama", "llama-head", "gemma3", "phi3", "gpt2", "gpt-neox"].contains($0.name)
  }

  /// The fixture's model under the same adapter with dropout.
  private func dropping(_ fixture: AdapterFixture) throws -> Model {
    let model = try fixture.model()
    let parameters = try #require(model.parameters)
    var adapter = try #require(parameters.adapter)
    adapter.dropout = 0.3
    return model.with(
      Parameters(
        zip(parameters.names, parameters.tensors).map { ($0, $1) }, adapter: adapter,
        frozen: parameters.frozen))
  }

  @Test(arguments: some)
  func microBatchesAndThreadsGiveTheSameBits(_ fixture: AdapterFixture) throws {
    let model = try dropping(fixture)
    let sequences = try fixture.sequences()
    func run(_ together: Int) throws -> (loss: Double, bits: [[UInt32]]) {
      let (loss, gradients) = try model.gradients(sequences, together: together, dropout: 3)
      return (loss, gradients.tensors.map(\.array.bits))
    }
    let whole = try run(3)
    #expect(whole.bits.allSatisfy { $0.contains { $0 << 1 != 0 } })
    for together in [1, 2] {
      let part = try run(together)
      #expect(part.loss == whole.loss && part.bits.elementsEqual(whole.bits) { $0.elementsEqual($1) })
    }
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 3] {
      try Runtime.shared.setThreadCount(threads)
      #expect(try run(3).bits.elementsEqual(whole.bits) { $0.elementsEqual($1) })
    }
  }

  @Test func dropoutIsOfItsStep() throws {
    let fixture = try #require(Self.some.first { $0.name == "llama" })
    let model = try dropping(fixture)
    let sequences = try fixture.sequences()
    let plain = try fixture.model().gradients(sequences).loss
    #expect(try model.gradients(sequences).loss == plain)
    let first = try model.gradients(sequences, dropout: 0).loss
    #expect(try model.gradients(sequences, dropout: 0).loss == first)
    #expect(try first != plain && model.gradients(sequences, dropout: 1).loss != first)
    // Many steps together say what no dropout says: the mean of what is kept is right.
    let losses = try (0..<40).map { try model.gradients(sequences, dropout: $0).loss }
    let mean = losses.reduce(0, +) / 40
    let deviation = (losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39).squareRoot()
    #expect(deviation > 0 && abs(mean - plain) < 3 * deviation)
  }

  /// With the masks of one step held fast, the loss is a function like any other: its slope along the gradient is the
  /// gradient's square.
  @Test(arguments: some)
  func gradientsUnderDropoutAreSlopes(_ fixture: AdapterFixture) throws {
    let model = try dropping(fixture)
    let sequences = try fixture.sequences()
    let parameters = try #require(model.parameters)
    let gradients = try model.gradients(sequences, dropout: 5).gradients
    let square = gradients.tensors.reduce(0.0) { $0 + Runtime.shared.sumOfSquares($1) }
    let step = 5e-5 / square.squareRoot()  // further on, the loss is no longer straight
    func loss(_ sign: Double) throws -> Double {
      let moved = try zip(parameters.tensors, gradients.tensors).map { tensor, gradient in
        let values = zip(tensor.array, gradient.array).map { Float(Double($0) + sign * step * Double($1)) }
        return try Tensor(values, shape: tensor.shape)
      }
      let other = Parameters(
        zip(parameters.names, moved).map { ($0, $1) }, adapter: parameters.adapter, frozen: parameters.frozen)
      return try model.with(other).gradients(sequences, dropout: 5).loss
    }
    let slope = try (loss(1) - loss(-1)) / (2 * step)
    #expect(abs(slope / square - 1) < 5e-3, "slope \(slope), gradient's square \(square)")
  }

  @Test(arguments: ArchitectureFixture.all)
  func weightsThatStayStoredGiveTheSameBits(_ fixture: ArchitectureFixture) throws {
    let packed = try fixture.model()
    let stored = packed.with(.stored)
    let sequences = try fixture.reference().sequences()
    for sequence in sequences {
      #expect(
        try packed.allLogits(sequence.tokens).bits.elementsEqual(stored.allLogits(sequence.tokens).bits))
    }
    #expect(stored.weights.packed.count > 0)
    let alone = try fixture.model().with(.stored)
    _ = try alone.makeSession()
    #expect(alone.weights.packed.count == 0)
  }

  @Test(arguments: some)
  func baseAndAdapterShareOnePackedCopy(_ fixture: AdapterFixture) throws {
    let model = try fixture.model()
    let sequences = try fixture.sequences()
    let adapted = try model.allLogits(sequences[0].tokens)
    let count = model.weights.packed.count
    let base = model.with(nil)
    let plain = try base.allLogits(sequences[0].tokens)
    // Only a matrix the adapter brought along, such as an output of its own, is not shared.
    #expect(base.weights === model.weights)
    #expect(base.weights.packed.count - count == (model.parameters?.frozen?.names.count ?? 0))
    #expect(try model.allLogits(sequences[0].tokens).elementsEqual(adapted))
    #expect(!plain.elementsEqual(adapted))
    let stored = try model.with(.stored).allLogits(sequences[0].tokens)
    #expect(stored.bits.elementsEqual(adapted.bits))
  }

  @Test func aPrefixIsAsGoodAsTheWholeText() throws {
    for fixture in Self.some {
      let model = try fixture.model()
      let tokens = try fixture.sequences()[1].tokens
      let session = try model.makeSession()
      let cache = try session.prefix(Array(tokens.prefix(9)))
      let parts = try session.logits([
        Segment(Array(tokens.dropFirst(9)), after: .cache(cache), outputs: .last)
      ])
      let whole = try session.logits([Segment(tokens, outputs: .last)])
      #expect(parts.array.bits.elementsEqual(whole.array.bits), "\(fixture.name)")
    }
  }
}
