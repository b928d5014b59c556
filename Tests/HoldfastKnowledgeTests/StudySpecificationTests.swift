import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

/// What a study file must say, and how it is told what is wrong.
@Suite struct StudySpecificationTests {
  private let base: JSON = [
    "name": "s", "model": "m.gguf", "pool": ["questions": "p.jsonl"],
    "evaluate": [["role": "HOMO", "questions": "h.jsonl"]],
  ]

  @Test func defaults() throws {
    let specification = try Study(base, baseDirectory: "/data").specification
    #expect(
      specification.model == "/data/m.gguf" && specification.evaluate[0].source.questions == "/data/h.jsonl")
    #expect(
      specification.output == "runs/s" && specification.seeds == [42] && specification.groups.names.count == 3
    )
    #expect(specification.contrasts.map(\.first) == [.harmonious, .selfAligning])
    #expect(specification.comparesIdenticalPrompts && specification.bootstrap.resamples == 2000)
  }

  @Test(
    arguments: [
      ("name", "../x", "name"), ("name", "", "name"), ("modle", "x", "modle"), ("seeds", [], "seeds"),
      ("seeds", [1, 1], "seeds"),
      ("seed", -1, "seed"), ("evaluate", [], "evaluate"), ("pool", [:], "questions"),
      ("mode", "papre", "mode"),
      ("probe", ["shots": 2], "demonstrations"), ("probe", ["shots": -2], "shots"),
      ("contrasts", [["HARMONIOUS"]], "two"),
      ("contrasts", [["HARMONIOUS", "HARMONIOUS"]], "two"),
      ("groups", ["names": ["FORMAT-ONLY"]], "general"), ("groups", ["names": ["SDFT"]], "letter"),
      ("general", ["data": "a", "share": 1], "share"),
      ("general", ["data": "a", "template": "x"], "template"), ("groups", ["names": ["MIXED"]], "MIXED"),
      ("tune", ["learning_rate": "fast"], "learning_rate"), ("statistics", ["confidence": 1.5], "confidence"),
      ("noise_floor", ["roles": ["XX"]], "XX"),
      ("drift", ["questions": "d", "every": 0], "every"),
      ("drift", ["questions": "d", "stop_below": 2], "stop_below"),
      ("writing", ["top_p": 0], "top_p"), ("pool", ["mmlu": "m", "domain": "cooking"], "cooking"),
      ("model", "${HOLDFAST_NO_SUCH}/m", "HOLDFAST_NO_SUCH"),
      ("after", ["shots": "no"], "shots"),
      ("evaluate", [["role": "a/b", "questions": "q"]], "a/b"),
      ("evaluate", [["role": "A", "questions": "q"], ["role": "A", "questions": "r"]], "twice"),
    ] as [(ByteString, JSON, String)])
  func errorsNameTheKey(_ key: ByteString, _ value: JSON, _ named: String) throws {
    var json = base
    json.set(key, value)
    let message = try #require(thrown { _ = try Study(json, name: "s.yaml") }?.message)
    #expect(message.contains(named) && !message.isEmpty, "\(message)")
  }
}
