import HoldfastTensor
import Testing

@testable import HoldfastKnowledge

@Suite struct QuestionTests {
  private func parse(_ text: String) throws -> QuestionSet { try QuestionSet.parse(text, name: "f.jsonl") }

  @Test func readsRows() throws {
    let set = try parse(
      "\u{FEFF}"
        + #"{"id": 7, "question": "Q?", "choices": ["a", "b"], "answer": 1, "explanation": "so", "context": "k"}"#
        + "\r\n\n" + #"{"question": "R?", "choices": ["x", "y", "z"], "gold": 0.0}"# + "\n"
        + #"{"id": "o", "question": "S?", "choices": ["x", "y"]}"#)
    #expect(
      set.questions == [
        Question(id: "7", question: "Q?", choices: ["a", "b"], answer: 1, explanation: "so", context: "k"),
        Question(id: "3", question: "R?", choices: ["x", "y", "z"], answer: 0),
        Question(id: "o", question: "S?", choices: ["x", "y"], answer: nil),
      ])
  }

  @Test func takesListedQueriesApart() throws {
    let set = try parse(
      #"{"id": "m", "query": "Question: What? A. no\n A. one. two\n B. x\n C. y z\nAnswer:", "choices": ["A", "B", "C"], "gold": 2}"#
    )
    #expect(
      set.questions == [
        Question(id: "m", question: "What? A. no", choices: ["one. two", "x", "y z"], answer: 2)
      ])
    let ambiguous = thrown {
      _ = try parse(
        #"{"query": "Question: W?\n A. 1\n A. 2\n B. x\nAnswer:", "choices": ["A", "B"], "gold": 0}"#)
    }
    #expect(
      ambiguous?.message.contains("f.jsonl:1") == true && ambiguous?.message.contains("ambiguous") == true)
    // A question whose choices are letters by themselves is one.
    #expect(try parse(#"{"question": "Which?", "choices": ["A", "B"]}"#).questions[0].choices == ["A", "B"])
  }

  @Test(arguments: [
    (#"{"question": "Q?", "choices": [], "answer": 0}"#, "at least 2 choices"),
    (#"{"question": "Q?", "choices": ["a"], "answer": 0}"#, "at least 2 choices"),
    (#"{"question": "Q?", "choices": ["a", "b"], "answer": 2}"#, "out of range"),
    (#"{"question": "Q?", "choices": ["a", "b"], "answer": -1}"#, "out of range"),
    (#"{"question": "Q?", "choices": ["a", "b"], "answer": "A"}"#, "counted from 0"),
    (#"{"question": "Q?", "choices": ["a", "b"], "answer": 0, "gold": 1}"#, "differ"),
    (#"{"question": " ", "choices": ["a", "b"]}"#, "question is empty"),
    (#"{"question": "Q?", "choices": ["a", "\t"]}"#, "choice 1 is empty"),
    (#"{"choices": ["a", "b"]}"#, "no 'question'"),
    (#"{"question": "Q?", "choices": "ab"}"#, "choices must be an array"),
    (#"{"question": "Q?", "choices": ["a", 3]}"#, "choices[1] must be a string"),
    (#"["Q?"]"#, "must be an object"),
    (#"{"question": "Q?", "choices": ["a", "b"]"#, "f.jsonl:2"),
    (#"{"id": "1", "question": "R?", "choices": ["a", "b"]}"#, "line 1 already"),
  ])
  func namesTheLineOfABadRow(_ row: String, _ reason: String) throws {
    let good = #"{"question": "G?", "choices": ["a", "b"], "answer": 0}"#
    let error = thrown { _ = try parse(good + "\n" + row) }
    let message = try #require(error?.message)
    #expect(message.contains("f.jsonl:2"), "\(message)")
    #expect(message.contains(reason), "\(message)")
  }

  @Test func refusesThirtyChoicesNoQuestionsAndWrongUTF8() throws {
    let choices = (0..<30).map { "\"c\($0)\"" }.joined(separator: ",")
    #expect(
      thrown { _ = try parse("{\"question\": \"Q?\", \"choices\": [\(choices)]}") }?.message.contains("26")
        == true)
    #expect(thrown { _ = try parse("\n \n") }?.message.contains("no questions") == true)
    let bytes: [UInt8] = Array(#"{"question": "a"#.utf8) + [0xFF] + Array(#"", "choices": ["a", "b"]}"#.utf8)
    let error = thrown {
      _ = try bytes.withUnsafeBytes { buffer in try QuestionSet.parse(buffer, name: "f.jsonl") }
    }
    #expect(error?.message.contains("f.jsonl:1") == true && error?.message.contains("UTF-8") == true)
    #expect(thrown { _ = try QuestionSet.read("/nowhere.jsonl") }?.code == .notFound)
  }

  @Test func normalisedTextFindsTheSameQuestion() {
    let same = [
      "What is  the Café’s name?", " what is the cafe\u{301}'s\tNAME ", "“What is the café's name…”",
    ].map(NormalizedText.init)
    #expect(same[0] == same[1] && same[0] == same[2])
    #expect(NormalizedText("What is -5 + 3?") != NormalizedText("What is 5 + 3?"))
    #expect(NormalizedText("???").text == "???")
  }

  @Test func deduplicationKeepsTheFirstSet() throws {
    func set(_ texts: [String]) -> [Question] {
      texts.enumerated().map { Question(id: "\($0)", question: $1, choices: ["a", "b"], answer: 0) }
    }
    var apart = Deduplication()
    #expect(
      apart.take(set(["One?", "Two?", "one"]), as: "HOMO", limit: 5).map(\.question) == ["One?", "Two?"])
    #expect(
      apart.take(set(["TWO", "Three?", "Four?", "Five?"]), as: "pool", limit: 2).map(\.question) == [
        "Three?", "Four?",
      ])
    #expect(
      apart.drops == [
        .init(from: "HOMO", keptIn: "HOMO", count: 1), .init(from: "pool", keptIn: "HOMO", count: 1),
      ])
  }

  @Test(.enabled(if: Fixture.shared("mcq/eval/sciq_eval.jsonl") != nil, "the shared data is not there"))
  func readsRealFiles() throws {
    for (name, count) in [
      ("mcq/train/arc_easy_train.jsonl", 2251), ("mcq/eval/arc_easy_test.jsonl", 2376),
      ("paper/source/engineering/test.jsonl", 250),
    ] {
      let path = try #require(Fixture.shared(name))
      let set = try QuestionSet.read(path)
      #expect(set.count == count)
      #expect(set.questions.allSatisfy { $0.answer != nil && !$0.question.hasPrefix("Question:") })
    }
  }
}
