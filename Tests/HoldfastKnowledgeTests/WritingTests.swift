import Glibc
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge
@testable import HoldfastModel

/// Texts the model writes: the same in any batch and order, resumable, and told apart by how they end.
@Suite struct WritingTests {
  let model: Model
  let requests: [WritingRequest]
  private var options: WritingOptions {
    var options = WritingOptions()
    (options.maxTokens, options.temperature, options.topP) = (24, 1.0, 0.9)
    return options
  }

  init() throws {
    model = try Fixture.tinyModel()
    requests = (0..<7).map { index in
      WritingRequest(id: "r\(index)", prompt: "The answer " + String(repeating: "is the ", count: index % 3))
    }
  }

  @Test func aTextDoesNotDependOnBatchOrOrder() throws {
    let together = try Writer.run(model, requests, options: options)
    var alone = options
    alone.batchSize = 1
    #expect(try Writer.run(model, requests, options: alone) == together)
    let backwards = try Writer.run(model, requests.reversed(), options: options)
    #expect(backwards == together.reversed())
    #expect(Set(together.map(\.text)).count > 3, "draws differ by row")
    var other = options
    other.seed = 43
    #expect(try Writer.run(model, requests, options: other) != together)
  }

  @Test func greedyTextsAreTheSessionsOwn() throws {
    var greedy = options
    greedy.temperature = 0
    var sampling = SamplingOptions()
    (sampling.maxTokens, sampling.stop) = (greedy.maxTokens, [FencedBlock.fence])
    for (request, text) in zip(requests, try Writer.run(model, requests, options: greedy)) {
      let expected = try model.makeSession().generate(
        model.tokenizer.encode(request.prompt), options: sampling)
      #expect(text.text == expected.text.trimmingWhiteSpace() && text.end == expected.end)
    }
  }

  @Test func writingGoesOnBehindWhatIsSealed() throws {
    let directory = try Fixture.Directory()
    let reference = try Writer.run(model, requests, options: options)
    var small = options
    small.batchSize = 2
    var reports = 0
    let error = thrown {
      let store = try WritingStore(directory.file("texts"))
      _ = try Writer.run(model, requests, options: small, store: store) { _ in
        reports += 1
        return reports < 6
      }
    }
    #expect(error?.code == .cancelled)
    let store = try WritingStore(directory.file("texts"))
    let sealed = try store.texts(requests).count
    #expect(sealed > 0 && sealed < requests.count)
    var done: [Int] = []
    let rest = try Writer.run(model, requests, options: small, store: store) {
      done.append($0.done)
      return true
    }
    #expect(rest == reference && done.first == sealed)
    #expect(try store.complete(requests) == reference)
    // A prompt that is another one is written anew.
    var changed = requests
    changed[0].prompt = "Question"
    #expect(try store.complete(changed) == nil)
  }

  @Test func promptsThatDoNotFitAreNamed() throws {
    let long = WritingRequest(id: "long", prompt: String(repeating: "answer ", count: 5000))
    let error = thrown { _ = try Writer.run(model, [long], options: options) }
    #expect(error?.code == .contextLength && error?.message.contains("'long'") == true)
  }

  @Test func theNucleusIsTheSmallestThatReachesTheShare() {
    let sampler = TokenSampler(temperature: 1, topP: 0.8)
    #expect(sampler.nucleus([0.05, 0.5, 0.15, 0.3]) == [1, 3])
    #expect(sampler.nucleus([0.25, 0.25, 0.25, 0.25]) == [0, 1, 2, 3])
    #expect(TokenSampler(temperature: 1, topP: 1).nucleus([1e-9, 1, 0, 1e-4]) == [1, 3, 0])
    var random = RandomSource(seed: 1)
    #expect(sampler.draw([0, .nan], &random) == nil)
    #expect(TokenSampler(temperature: 0, topP: 0.5).draw([1, 3, 3], &random) == 1)
    // Shares of draws follow the renormalised weights: 5 to 3.
    let logits = [0.05, 0.5, 0.15, 0.3].map { Float(log($0)) }
    let draws = (0..<8000).map { _ in sampler.draw(logits, &random) }
    let first = Double(draws.count { $0 == 1 }) / 8000
    #expect(isClose(first, 0.625, 0.02) && draws.allSatisfy { $0 == 1 || $0 == 3 })
  }

  @Test(
    arguments: [
      ("B. bat", 1), ("B", 1), ("The answer is (C), since", 2), ("So the answer is \"A. trout\".", 0),
      ("A bat nurses its young.", 1), ("answer is Down", nil), ("Nothing is known.", nil),
      ("trout or crow", nil),
      ("C) because", 2), ("Because bats are mammals, as every BAT is", 1), ("E. elk", nil), ("", nil),
      ("A batter troutlike.", nil),
    ] as [(String, Int?)])
  func answersAreExtracted(_ text: String, _ expected: Int?) {
    let question = Question(id: "q", question: "?", choices: ["trout", "bat", "crow"], answer: 1)
    #expect(AnswerExtraction.choice(in: text, of: question) == expected)
  }
}

/// Groups that need texts.
@Suite struct WrittenGroupTests {
  private let letters = ProbeOptions.paper(domain: nil).with { $0.mode = .default }

  private func set(_ change: (inout GroupOptions) -> Void) throws -> GroupSet {
    var random = RandomSource(seed: 2)
    let scores = (0..<40).map { _ in (0..<3).map { _ in random.normal() * 2 } }
    let gold = (0..<40).map { Optional($0 % 3) }
    let list = (0..<40).map { index in
      Question(
        id: "q\(index)", question: "Question \(index)?", choices: ["one", "two", "three"],
        answer: gold[index],
        explanation: "because \(index)")
    }
    var options = GroupOptions()
    options.size = 6
    change(&options)
    return try GroupSet(
      ledger: ledger(scores, gold: gold), questions: QuestionSet(list, name: "pool"), options: options)
  }

  private func answers(_ requests: [WritingRequest], _ text: (WritingRequest) -> (String, Generation.End))
    -> [WrittenText]
  {
    requests.map { WrittenText(id: $0.id, text: text($0).0, end: text($0).1, tokens: 5) }
  }

  @Test func ownExplanationsStandBehindOwnAnswers() throws {
    let set = try set {
      $0.names = [.incompatible, .selfAligning, .mixture(0.5)]
      $0.explanations = .asLabelled
    }
    let requests = set.requests(letters)
    // The twins of the mixture need what SELF-ALIGNING needs.
    #expect(requests.count == 6 && set.requests(ProbeOptions()).isEmpty)
    #expect(requests.allSatisfy { $0.prompt.hasSuffix("# Answer:\n```\n") })
    let filled = set.filled(
      with: answers(requests) { ("I think \($0.id)", $0 == requests[0] ? .length : .stop) }, letters)
    let own = try #require(filled[.selfAligning]).rows
    #expect(own.allSatisfy { $0.explanation?.hasPrefix("I think q") == true })
    #expect(own[0].reason.hasSuffix("(truncated)") && !own[1].reason.contains("truncated"))
    #expect(
      try #require(filled[.incompatible]).rows.allSatisfy { $0.explanation?.hasPrefix("because") == true })
    let mixed = try #require(filled[.mixture(0.5)]).rows
    #expect(mixed.count { $0.explanation?.hasPrefix("I think") == true } == 3)
  }

  @Test func rewritingsKeepTheAnswerOrGoBack() throws {
    let set = try set { $0.names = [.sdft] }
    let requests = set.requests(letters)
    let texts = answers(requests) { request in
      let place = requests.firstIndex(of: request) ?? 0
      let letter = request.id.split(separator: " ").last.map(String.init) ?? ""
      return place == 0
        ? ("E. none", .stop) : ("The answer is \(letter), I say.", place == 1 ? .length : .stop)
    }
    let rows = try #require(set.filled(with: texts, letters)[.sdft]).rows
    #expect(rows[0].explanation?.hasPrefix("because") == true && rows[0].reason.contains("lost the answer"))
    #expect(rows[1].explanation?.hasPrefix("because") == true && rows[1].reason.contains("truncated"))
    #expect(rows[2...].allSatisfy { $0.explanation?.hasSuffix("I say.") == true })
  }

  @Test func contextsAreWrittenForEveryProbe() throws {
    let set = try set {
      $0.names = [.contextualised]
      $0.context = .generated
    }
    let requests = set.requests(ProbeOptions())
    let filled = set.filled(with: answers(requests) { ("fact of \($0.id)", .stop) }, ProbeOptions())
    #expect(requests.count == 6)
    #expect(filled.groups[0].rows.allSatisfy { $0.context == "fact of \($0.question.id) context " })
  }

  @Test func nileKeepsWhatTheModelFindsLikeliest() throws {
    let directory = try Fixture.Directory()
    let (model, asked) = (try Model.load(Fixture.longModel(in: directory)), try Fixture.questions())
    var options = GroupOptions()
    (options.names, options.minConfidence, options.keep) = ([.nile], 0, 0.5)
    let set = try GroupSet(ledger: Probe.run(model, asked), questions: asked, options: options)
    let filtered = try set.filtered(model, letters)
    let examples = try set.groups[0].examples(model.tokenizer, letters)
    let scores = try InternalConsistency.scores(model, examples.map { ($0.tokens, $0.labels) }, batch: 3)
    #expect(
      scores == (try InternalConsistency.scores(model, examples.map { ($0.tokens, $0.labels) }, batch: 1)))
    let count = Int((Double(set.groups[0].rows.count) / 2).rounded())
    #expect(filtered.groups[0].rows.count == count)
    let least = scores.sorted(by: >)[count - 1]
    let kept = Set(filtered.groups[0].rows.map(\.question.id))
    for (row, score) in zip(set.groups[0].rows, scores) {
      #expect(kept.contains(row.question.id) == (score >= least))
    }
  }
}
