import Glibc
import HoldfastTensor
import Testing

/// The sums over a vocabulary of Gemma's size keep their tail: 262,143 tokens so unlikely that each alone rounds away.
@Suite struct LargeVocabularyTests {
  private func row() throws -> Tensor {
    var random = RandomSource(seed: 5)
    let logits = try Tensor(zeros: [1, 262_144])
    logits[0] = 20
    for i in 1..<logits.count { logits[i] = Float.random(in: -1.5..<6, using: &random) }
    return logits
  }

  @Test(arguments: FixtureTests.candidates)
  func logSumExpAndCrossEntropy(_ candidate: Candidate) throws {
    let logits = try row()
    let terms = logits.array.dropFirst().map { exp(Double($0) - 20) }
    let sum = 1 + terms.reduce(0, +)
    #expect(sum > 1.01, "the tail counts")
    let (wanted, runtime) = (20 + log(sum), candidate.runtime)
    #expect(abs(Double(runtime.logSumExp(logits)[0]) - wanted) < 2e-6)
    let loss = runtime.crossEntropy(logits: logits, targets: [7], scale: 1, gradient: true)[0]
    #expect(abs(Double(loss) - (wanted - Double(try row()[7]))) < 3e-6)
    #expect(abs(Double(logits[0]) - 1 / sum) < 3e-7)
  }
}
