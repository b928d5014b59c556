import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Real models on a passage of English, against what transformers computes with the same weights
/// (`Tests/Fixtures/scripts/real_models.py`).
///
/// SmolLM2-135M-Instruct and Gemma-3-270M are looked for in the cache (`~/.cache/holdfast/models`), or where
/// `HOLDFAST_TEST_MODEL` and `HOLDFAST_TEST_GEMMA` say; TinyStories-656K under `HOLDFAST_SHARED`, which is `../shared` if
/// not set. A test whose model is absent says so and checks nothing.
@Suite(.serialized) struct RealPerplexityTests {
  @Test(arguments: ["smollm2-135m-instruct", "gemma-3-270m", "tinystories-656k"])
  func perplexityAndLogitsEqualTransformers(name: String) throws {
    let path = try #require(Self.paths[ByteString(name)])
    guard FileSystem.exists(path) else {
      print("SKIPPED: \(name) is not at \(path)")
      return
    }
    let expected = try JSONNode(JSON.read(Fixture.path("real-models.json")), document: "real-models.json")
      .member(ByteString(name))
    let model = try Model.load(path)
    #expect(
      try model.provenance.sha256() == expected.member("sha256").text(), "another file than was measured")
    let tokens = try expected.member("tokens").elements().map { try $0.int32() }
    let session = try model.makeSession()

    let pairs = (0..<(tokens.count - 1)).map { (row: $0, token: tokens[$0 + 1]) }
    let scores = try session.logProbabilities([Segment(tokens)], pick: [pairs])[0]
    let perplexity = exponential(-scores.reduce(0.0) { $0 + Double($1) } / Double(scores.count))
    let apart = abs(perplexity - (try expected.member("perplexity").double()))
    #expect(apart < 1e-4, "perplexity \(perplexity)")

    let last = try session.logits([Segment(tokens)]).array
    let range = try expected.member("maximum").double() - expected.member("minimum").double()
    var worst = 0.0
    for entry in try expected.member("logits").elements() {
      let pair = try entry.elements()
      worst = max(worst, abs(Double(last[try pair[0].int()]) - (try pair[1].double())) / range)
    }
    #expect(worst < 1e-4)
    figure(name, ["perplexity apart": apart, "logits of range": worst])
  }

  /// The passage becomes the tokens that Hugging Face's tokenizer makes of it.
  @Test(arguments: ["smollm2-135m-instruct", "gemma-3-270m", "tinystories-656k"])
  func passageIsTokenizedAlike(name: String) throws {
    let path = try #require(Self.paths[ByteString(name)])
    guard FileSystem.exists(path) else {
      print("SKIPPED: \(name) is not at \(path)")
      return
    }
    let expected = try JSONNode(JSON.read(Fixture.path("real-models.json")), document: "real-models.json")
      .member(ByteString(name))
    let tokens = try expected.member("tokens").elements().map { try $0.int32() }
    let text = try MappedFile(path: Fixture.path("passage.txt")).withBytes {
      String(decoding: $0, as: UTF8.self)
    }
    let found = try Model.load(path).tokenizer.encode(text)
    #expect(found.prefix(tokens.count).elementsEqual(tokens))
  }

  private static var paths: [ByteString: String] {
    let cache = (environment("HOLDFAST_CACHE") ?? (FileSystem.home ?? "") + "/.cache/holdfast") + "/models"
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return [
      "smollm2-135m-instruct": environment("HOLDFAST_TEST_MODEL")
        ?? "\(cache)/SmolLM2-135M-Instruct.Q4_1.gguf",
      "gemma-3-270m": environment("HOLDFAST_TEST_GEMMA") ?? "\(cache)/gemma-3-270m.Q4_K_M.gguf",
      "tinystories-656k": (environment("HOLDFAST_SHARED") ?? "\(root)/../shared")
        + "/data/models/tinystories-656k",
    ]
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
