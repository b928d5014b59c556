import HoldfastTensor
import Testing

@testable import HoldfastModel

/// The contract of numbers on every architecture: a row's bits depend on its own text alone.
@Suite struct ArchitectureInvarianceTests {
  /// A text longer than every window.
  private func text(_ fixture: ArchitectureFixture) throws -> [Int32] {
    try fixture.reference().sequences()[2].tokens
  }

  @Test(arguments: ArchitectureFixture.all)
  func decodingEqualsPrefill(fixture: ArchitectureFixture) throws {
    let session = try fixture.model().makeSession()
    let text = try text(fixture)
    let whole = try session.logits([Segment(text, outputs: .all)])
    // Where angles depend on the length of the text, an early row of a long text is not the last row of a short one:
    // transformers, too, gives other numbers token by token then, and says so in `decode.2`.
    let lengthMatters = try fixture.reference().has("decode.2")
    let cache = try session.cache(capacity: text.count)
    for (i, token) in text.enumerated() {
      let step = try session.extend([(cache, [token])]).array.bits
      let wanted = try lengthMatters ? session.logits([Segment(Array(text[...i]))]) : whole.row(i)
      #expect(step.elementsEqual(wanted.array.bits), "step \(i)")
    }
  }

  @Test(arguments: ArchitectureFixture.all)
  func sharedPrefixesEqualTheWholeText(fixture: ArchitectureFixture) throws {
    let model = try fixture.model()
    let session = try model.makeSession()
    let text = try text(fixture)
    let other = Array(text.reversed().prefix(text.count / 2))
    let width = model.configuration.vocabularySize
    let whole = try session.logits([Segment(text, outputs: .all)]).array.bits
    let alone = try session.logits([Segment(other, outputs: .all)]).array.bits
    #expect(
      try session.logits([Segment(other, outputs: .all), Segment(text, outputs: .all)]).array.bits
        .elementsEqual(alone + whole), "beside another text")
    for cut in [1, 4, 11, text.count - 1] {
      let tail = whole[(cut * width)...]
      let prefix = try session.prefix(Array(text[..<cut]))
      let behind = try session.logits([Segment(Array(text[cut...]), after: .cache(prefix), outputs: .all)])
      #expect(behind.array.bits.elementsEqual(tail), "behind a prefix of \(cut)")
      let tree = try session.logits([
        Segment(Array(text[..<cut]), outputs: .none), Segment(other, outputs: .none),
        Segment(Array(text[cut...]), after: .batch(0), outputs: .all),
        Segment(Array(other.prefix(2)), after: .batch(0), outputs: .none),
      ])
      #expect(tree.array.bits.elementsEqual(tail), "a branch after \(cut)")
    }
  }

  @Test(arguments: ArchitectureFixture.all)
  func threadsAndMicroBatchesGiveTheSameBits(fixture: ArchitectureFixture) throws {
    let base = try fixture.model()
    let model = base.with(try Parameters(copying: base))
    let long = try fixture.reference().sequences()[2]
    let sequences = (0..<4).map { i in
      TrainingSequence(tokens: Array(long.tokens.dropLast(3 * i)), labels: Array(long.labels.dropLast(3 * i)))
    }

    func gradients(_ size: Int) throws -> [[UInt32]] {
      let gradients = try Gradients(model)
      let pass = try GradientPass(model)
      for start in stride(from: 0, to: sequences.count, by: size) {
        let part = Array(sequences[start..<min(start + size, sequences.count)])
        _ = try pass.accumulate(part, scale: 1.0 / 64, into: gradients)
      }
      try gradients.finish()
      return gradients.tensors.map(\.array.bits)
    }
    func logits() throws -> [UInt32] {
      try model.makeSession().logits([Segment(long.tokens, outputs: .all)]).array.bits
    }
    let whole = try gradients(4)
    let bits = try logits()
    #expect(whole.allSatisfy { $0.contains { $0 != 0 } }, "every parameter has a gradient")
    for size in [1, 3] { #expect(same(try gradients(size), whole), "micro-batches of \(size)") }
    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 2] {
      try Runtime.shared.setThreadCount(threads)
      #expect(same(try gradients(4), whole), "gradients on \(threads) threads")
      #expect(try logits().elementsEqual(bits), "logits on \(threads) threads")
    }
  }

  private func same(_ a: [[UInt32]], _ b: [[UInt32]]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.elementsEqual($1) }
  }
}
