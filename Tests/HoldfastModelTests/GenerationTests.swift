import HoldfastTensor
import Testing

@testable import HoldfastModel

/// Generation: greedy equals repeated argmax of whole prompts, seeds repeat, stop texts cut.
@Suite struct GenerationTests {
  @Test func greedyEqualsArgmaxOfTheWholeText() throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    var options = SamplingOptions()
    options.maxTokens = 8
    let prompt: [Int32] = [40, 41, 42]
    let generated = try session.generate(prompt, options: options)
    var text = prompt
    for token in generated.tokens {
      let row = try session.logits([Segment(text)]).array
      let best = try #require(row.indices.max { row[$0] < row[$1] })
      #expect(Int(token) == best)
      text.append(token)
    }
    #expect(!generated.tokens.isEmpty)
  }

  @Test func sameSeedSameText() throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    var options = SamplingOptions()
    options.temperature = 1.5
    options.topP = 0.95
    options.seed = 7
    let first = try session.generate([5, 6], options: options)
    #expect(try session.generate([5, 6], options: options).tokens == first.tokens)
    options.seed = 8
    #expect(try session.generate([5, 6], options: options).tokens != first.tokens)
  }

  @Test func stopTextsAreHeldBackAndCut() {
    var stream = StopStream(["END", "é!"])
    #expect(stream.append("one E") == "one ")
    #expect(stream.append("N") == "")
    #expect(stream.append("Tail é") == "ENTail ")
    #expect(stream.append("! more END") == "")
    #expect(stream.stopped)
    #expect(stream.finish() == "")
    var open = StopStream(["END"])
    #expect(open.append("xEN") == "x")
    #expect(open.finish() == "EN")
  }

  @Test func unusableOptionsAndPromptsAreErrors() throws {
    let session = try Fixture.model("tiny-tied").makeSession()
    var options = SamplingOptions()
    options.temperature = .nan
    #expect(throws: HoldfastError.self) { try session.generate([1], options: options) }
    #expect(throws: HoldfastError.self) { try session.generate([], options: SamplingOptions()) }
    #expect { try session.generate([Int32](repeating: 1, count: 128), options: SamplingOptions()) } throws: {
      ($0 as? HoldfastError)?.code == .contextLength
    }
    #expect { try session.generate([1, 2], options: SamplingOptions(), onText: { _ in false }) } throws: {
      ($0 as? HoldfastError)?.code == .cancelled
    }
  }
}
