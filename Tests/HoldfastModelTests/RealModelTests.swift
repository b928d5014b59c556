import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// The real SmolLM2-135M-Instruct against what PyTorch computes on the same dequantised weights.
///
/// The model is found in `HOLDFAST_TEST_MODEL` or in the demo's cache (`make fetch` puts it there); without it these
/// tests are skipped, and say so.
@Suite(
  .enabled(if: RealModel.path != nil, "SmolLM2-135M-Instruct.Q4_1.gguf is not in the cache; run `make fetch`")
)
struct RealModelTests {
  private func load() throws -> Model { try Model.load(try #require(RealModel.path)) }

  @Test func logitsEqualTransformers() throws {
    let expected = try Fixture.expected("smollm2-135m-instruct").member("prompt")
    let model = try load()
    let tokens = try expected.member("tokens").elements().map { try $0.int32() }
    #expect(try model.tokenizer.encode(try expected.member("text").text()) == tokens)
    let logits = try model.makeSession().logits([Segment(tokens, outputs: .all)])
    let range = try expected.member("maximum").double() - expected.member("minimum").double()
    let sums = Runtime.shared.logSumExp(logits)
    for (found, wanted) in zip(sums, try expected.member("log_sum_exp").elements()) {
      #expect(abs(Double(found) - (try wanted.double())) < 1e-4 * range)
    }
    let last = logits.row(tokens.count - 1).array
    for entry in try expected.member("top").elements() + expected.member("fixed").elements() {
      let id = try entry.member("id").int()
      #expect(abs(Double(last[id]) - (try entry.member("logit").double())) < 1e-4 * range)
    }
    for (row, entry) in try expected.member("largest").elements().enumerated() {
      let value = logits.row(row).array[try entry.member("id").int()]
      #expect(abs(Double(value) - (try entry.member("logit").double())) < 1e-4 * range)
    }
  }

  @Test func gradientsEqualPyTorch() throws {
    let expected = try Fixture.expected("smollm2-135m-instruct").member("gradient")
    let model = try load()
    let sequence = TrainingSequence(
      tokens: try expected.member("tokens").elements().map { try $0.int32() },
      labels: try expected.member("labels").elements().map { try $0.int32() })
    let (loss, gradients) = try model.lossAndGradients(sequence)
    #expect(abs(loss - (try expected.member("loss").double())) < 1e-4)
    let tensors = try expected.member("tensors").members()
    #expect(tensors.count == gradients.names.count)
    for (name, figures) in tensors {
      let found = try #require(gradients[name]).array
      let wanted = try figures.member("norm").double()
      let norm = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - wanted) < 1e-3 * wanted, "\(name.text)")
      let largest =
        try figures.member("entries").elements().map { abs(try $0.elements()[1].double()) }.max() ?? 0
      for entry in try figures.member("entries").elements() {
        let pair = try entry.elements()
        let value = Double(found[try pair[0].int()])
        let target = try pair[1].double()
        #expect(
          abs(value - target) < 1e-3 * largest, "\(name.text): \(value) for \(target), largest \(largest)")
      }
    }
  }

  @Test func bitsDoNotDependOnBatchOrPrefix() throws {
    let expected = try Fixture.expected("smollm2-135m-instruct").member("prompt")
    let tokens = try expected.member("tokens").elements().map { try $0.int32() }
    let session = try load().makeSession()
    let alone = try session.logits([Segment(tokens)]).array.bits
    let cut = tokens.count / 2
    let prefix = try session.prefix(Array(tokens[..<cut]))
    #expect(try session.logits([Segment(Array(tokens[cut...]), after: .cache(prefix))]).array.bits == alone)
    let crowd = (0..<7).map { Segment(Array(tokens[$0...]), outputs: .none) } + [Segment(tokens)]
    #expect(try session.logits(crowd).array.bits == alone)
  }
}

/// Where the real model lies, if it does.
enum RealModel {
  static var path: String? {
    if let named = environment("HOLDFAST_TEST_MODEL") { return FileSystem.exists(named) ? named : nil }
    let cache = environment("HOLDFAST_CACHE") ?? (FileSystem.home ?? "") + "/.cache/holdfast"
    let path = "\(cache)/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileSystem.exists(path) ? path : nil
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
