import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// Items of a capture against the prompts of the probe.
@Suite struct CaptureRequestTests {
  private func model() throws -> Model { try Model.load("\(Fixture.root)/model/tiny-tied") }
  private func questions() throws -> QuestionSet {
    try QuestionSet.read("\(Fixture.root)/face/questions.jsonl")
  }

  private func request(_ json: String) throws -> CaptureRequest {
    try CaptureRequest(JSONNode(JSON.parse(json, name: "options"), document: "options"))
  }

  @Test func promptsAndChoicesAreTheProbes() throws {
    let (model, questions) = (try model(), try questions())
    for probe in ["{}", "{\"wording\": \"short\"}", "{\"probe\": \"letter\", \"rotation\": 1}"] {
      let request = try request("{\"probe\": \(probe)}")
      let plan = try ProbePlan(
        model: model, questions: questions, demonstrations: nil, options: request.probe)
      let items = try request.items(model, questions, nil).items
      #expect(items.map(\.id) == questions.questions.map(\.id))
      for (item, (question, asked)) in zip(items, zip(questions.questions, plan.items)) {
        #expect(item.prompt == asked.context && item.answer == question.answer)
        let shift = request.probe.rotation
        for choice in item.choices.indices {
          #expect(item.choices[(choice + shift) % item.choices.count] == asked.continuations[choice])
        }
      }
    }
  }

  @Test func filtersChoose() throws {
    let (model, questions) = (try model(), try questions())
    func ids(_ filter: String) throws -> [String] {
      try request("{\"items\": \(filter)}").items(model, questions, nil).items.map(\.id)
    }
    let all = questions.questions.map(\.id)
    #expect(try ids("{}") == all)
    #expect(try ids("{\"offset\": 2, \"limit\": 3}") == Array(all[2..<5]))
    #expect(try ids("{\"ids\": [\"\(all[1])\", \"\(all[4])\"]}") == [all[1], all[4]])
    #expect(try ids("{\"ids\": \"*-1\"}") == all.filter { $0.hasSuffix("-1") })
    for bad in [
      "{\"ids\": \"nobody\"}", "{\"subjects\": \"physics\"}", "{\"offset\": 1000}", "{\"limit\": 0}",
      "{\"name\": 1}",
    ] {
      #expect(thrown { _ = try ids(bad) }?.code == .invalidArgument)
    }
  }

  @Test func textsAreItemsToo() throws {
    let model = try model()
    let request = try request(
      "{\"texts\": [\"what is\", {\"id\": 7, \"tokens\": [5, 6]}, [8]], \"probe\": {\"bos\": \"never\"}}")
    let (items, source) = try request.items(model, nil, nil)
    #expect(items.map(\.id) == ["0", "7", "2"])
    #expect(items[0].prompt == (try model.tokenizer.encode("what is", bos: .never)))
    #expect(items[1].prompt == [5, 6] && items[2].prompt == [8] && items.allSatisfy(\.choices.isEmpty))
    #expect(source["texts"]?.intValue == 3)
    for bad in [
      "{}", "{\"texts\": []}", "{\"texts\": [{\"id\": 1}]}",
      "{\"texts\": [{\"text\": \"a\", \"tokens\": [1]}]}",
      "{\"texts\": [\"a\", {\"id\": \"0\", \"text\": \"b\"}]}", "{\"texts\": [3]}",
    ] {
      #expect(
        thrown { _ = try self.request(bad).items(model, nil, nil) }?.code == .invalidArgument, "\(bad)")
    }
    let many = try self.request("{\"probe\": {\"probe\": \"letter\", \"rotations\": \"all\"}}")
    #expect(thrown { _ = try many.items(model, self.questions(), nil) }?.code == .invalidArgument)
  }
}
