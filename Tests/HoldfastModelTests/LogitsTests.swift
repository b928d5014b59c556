import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Logits against transformers, and the promise that a row's bits depend on its own text alone.
@Suite struct LogitsTests {
  @Test(arguments: ["tiny-tied", "tiny-untied", "tiny-blocks"])
  func huggingFaceLogitsEqualTransformers(name: String) throws {
    try check(try Fixture.model(name), name, expected: "\(name).logits")
  }

  @Test(arguments: ["f32", "f16", "q8_0"])
  func ggufLogitsEqualTransformers(type: String) throws {
    try check(
      try Model.load(Fixture.path("tiny-blocks.\(type).gguf")), "tiny-blocks",
      expected: type == "f32" ? "tiny-blocks.logits" : "tiny-blocks.\(type).logits")
  }

  private func check(_ model: Model, _ name: String, expected: String) throws {
    let session = try model.makeSession()
    let reference = try Fixture.tensors(expected)
    let sequences = try Fixture.sequences(try Fixture.expected(name).member("sequences"))
    #expect(sequences.count == 2)
    for (i, sequence) in sequences.enumerated() {
      let logits = try session.logits([Segment(sequence.tokens, outputs: .all)])
      #expect(logits.shape == [sequence.tokens.count, model.configuration.vocabularySize])
      let wanted = try #require(reference[ByteString("logits.\(i)")])
      #expect(logits.array.deviation(from: wanted) < 1e-5)
    }
  }

  @Test func bitsDoNotDependOnBatchPrefixOrThreads() throws {
    let model = try Fixture.model("tiny-tied")
    let sequences = try Fixture.sequences(try Fixture.expected("tiny-tied").member("sequences")).map(\.tokens)
    let session = try model.makeSession()
    let alone = try sequences.map { try session.logits([Segment($0, outputs: .all)]).array.bits }

    let together = try session.logits(sequences.map { Segment($0, outputs: .all) }).array.bits
    #expect(together == alone[0] + alone[1])
    let reversed = try session.logits(sequences.reversed().map { Segment($0, outputs: .all) }).array.bits
    #expect(reversed == alone[1] + alone[0])

    let width = model.configuration.vocabularySize
    let whole = sequences[0]
    for cut in [1, 2, 5, whole.count - 1] {
      let tail = Array(alone[0][(cut * width)...])
      let prefix = try session.prefix(Array(whole[..<cut]))
      let behindCache = try session.logits([
        Segment(Array(whole[cut...]), after: .cache(prefix), outputs: .all)
      ])
      #expect(behindCache.array.bits == tail, "prefix of \(cut)")
      let tree = try session.logits([
        Segment(Array(whole[..<cut]), outputs: .none),
        Segment(sequences[1], outputs: .none),
        Segment(Array(whole[cut...]), after: .batch(0), outputs: .all),
      ])
      #expect(tree.array.bits == tail, "branch after \(cut)")
    }

    let cache = try session.cache(capacity: 1)
    for (i, token) in whole.enumerated() {
      let step = try session.extend([(cache, [token])]).array.bits
      let wanted = alone[0][(i * width)..<((i + 1) * width)]
      #expect(step.elementsEqual(wanted), "decode step \(i)")
    }

    let before = Runtime.shared.threadCount
    defer { try? Runtime.shared.setThreadCount(before) }
    for threads in [1, 2, 3] {
      try Runtime.shared.setThreadCount(threads)
      #expect(
        try session.logits([Segment(whole, outputs: .all)]).array.bits == alone[0], "\(threads) threads")
    }
  }

  @Test func largeBatchesAreCutBetweenTrees() throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    var segments: [Segment] = []
    for tree in 0..<40 {
      let trunk = segments.count
      segments.append(Segment((0..<20).map { Int32(($0 * 7 + tree) % 283) }, outputs: .none))
      for branch in 0..<3 {
        segments.append(
          Segment(
            (0..<30).map { Int32(($0 * 11 + branch + tree) % 283) }, after: .batch(trunk), outputs: .last))
      }
    }
    #expect(segments.reduce(0) { $0 + $1.tokens.count } > Session.batchTokens)
    let together = try session.logits(segments).array.bits
    var apart: [UInt32] = []
    for trunk in stride(from: 0, to: segments.count, by: 4) {
      for branch in 1...3 {
        apart += try session.logits([Segment(segments[trunk].tokens + segments[trunk + branch].tokens)]).array
          .bits
      }
    }
    #expect(together.elementsEqual(apart), "a tree's bits changed with its company")
  }

  @Test func logProbabilitiesEqualLogSoftmaxOfLogits() throws {
    let model = try Fixture.model("tiny-untied")
    let session = try model.makeSession()
    let tokens = try Fixture.sequences(try Fixture.expected("tiny-untied").member("sequences"))[0].tokens
    let logits = try session.logits([Segment(tokens, outputs: .all)])
    let pick: [(row: Int, token: Int32)] = [(3, 7), (0, 282), (3, 0), (tokens.count - 1, 100)]
    let scores = try session.logProbabilities([Segment(tokens)], pick: [pick])[0]
    for (score, pair) in zip(scores, pick) {
      let row = logits.row(pair.row).array.map(Double.init)
      let top = row.max() ?? 0
      let sum = row.reduce(0) { $0 + exponential($1 - top) }
      #expect(abs(Double(score) - (row[Int(pair.token)] - top - naturalLogarithm(sum))) < 1e-5)
    }
  }

  @Test func unusableSegmentsAreErrors() throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    let bad: [(Segment, HoldfastError.Code)] = [
      (Segment([]), .invalidArgument), (Segment([-1]), .invalidArgument), (Segment([283]), .invalidArgument),
      (Segment([1], after: .batch(0)), .invalidArgument),
      (Segment([1], outputs: .rows([1])), .invalidArgument),
      (Segment([Int32](repeating: 1, count: 129)), .contextLength),
    ]
    for (segment, code) in bad {
      #expect { try session.logits([segment]) } throws: { ($0 as? HoldfastError)?.code == code }
    }
    let other = try Fixture.model("tiny-tied").makeSession().prefix([1, 2])
    #expect { try session.logits([Segment([1], after: .cache(other))]) } throws: {
      ($0 as? HoldfastError)?.code == .invalidArgument
    }
  }
}
