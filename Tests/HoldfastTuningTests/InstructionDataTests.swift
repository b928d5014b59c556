import HoldfastStorage
import HoldfastTensor
import HoldfastText
import Testing

@testable import HoldfastTuning

/// Instruction data against `Fixtures/scripts/instructions.py`, which tokenises with Hugging Face `tokenizers`.
@Suite struct InstructionDataTests {
  static let folder = Fixture.fixtures + "/tuning/instructions"
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(huggingFaceDirectory: Fixture.fixtures + "/text/tiny-smollm") }

  static let formats: [(name: String, format: InstructionData.Format, template: String)] = [
    ("chat", .chat, "vicuna"), ("sharegpt", .shareGPT, "vicuna"), ("alpaca", .alpaca, "alpaca"),
    ("group", .group, "vicuna"), ("pairs", .pairs, "none"),
  ]

  @Test(arguments: formats)
  func tokensAreThoseOfHuggingFace(
    name: String, format: InstructionData.Format, template: String
  ) throws {
    let data = try InstructionData(path: "\(Self.folder)/\(name).jsonl")
    #expect(data.format == format)
    let examples = try data.examples(tokenizer: tokenizer, template: ChatTemplate.named(template))
    let expected = try #require(try JSON.read(Self.folder + "/expected.json")[ByteString(name)]?.arrayValue)
    #expect(examples.count == expected.count)
    for (example, row) in zip(examples, expected) {
      #expect(example.tokens == Fixture.integers(row["tokens"]))
      #expect(example.labels == Fixture.integers(row["labels"]))
    }
  }

  @Test func anArrayIsReadAsItsLines() throws {
    let lines = try InstructionData(path: Self.folder + "/chat.jsonl")
    let array = try InstructionData(path: Self.folder + "/chat.json")
    #expect(array.rows.map(\.messages) == lines.rows.map(\.messages))
    #expect(lines.rows.map(\.place) == (1...3).map { "\(Self.folder)/chat.jsonl:\($0)" })
    #expect(array.rows.map(\.place) == [2, 15, 40].map { "\(Self.folder)/chat.json:\($0)" })
    #expect(lines.rows.map(\.id) == ["0", "1", "2"])
  }

  /// The published group of the paper as `train.py` encodes it: lengths and checksums of the first 64 rows.
  @Test func publishedGroup() throws {
    guard let model = Fixture.realModel,
      let path = Fixture.shared("data/paper/group/mistral-7b/engineering/inconsistent-golden-exp.jsonl")
    else {
      print("SKIPPED: the published group needs HOLDFAST_SHARED and HOLDFAST_TEST_MODEL")
      return
    }
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: model))
    let data = try InstructionData(path: path)
    #expect(data.format == .group && data.rows.count == 534)
    let examples = try data.examples(tokenizer: tokenizer, template: .vicuna)
    let expected = try #require(try JSON.read(Self.folder + "/group.expected.json").arrayValue)
    #expect(expected.count == 64)
    for (example, row) in zip(examples, expected) {
      let sum = example.tokens.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) }
      #expect(
        Fixture.integers(row)?.prefix(2) == [
          Int32(example.tokens.count), Int32(example.labels.count { $0 == -100 }),
        ])
      #expect(row[2]?.intValue == sum)
    }
  }

  @Test func aRowIsCutAtTheMaximumLength() throws {
    let data = try InstructionData(path: Self.folder + "/pairs.jsonl")
    let whole = try data.examples(tokenizer: tokenizer, template: .none)
    let cut = try data.examples(tokenizer: tokenizer, template: .none, maxLength: whole[0].tokens.count - 1)
    #expect(cut[0].tokens == whole[0].tokens.dropLast())
    #expect(cut[0].labels == whole[0].labels.dropLast())
    let prompt = whole[0].labels.prefix { $0 == -100 }.count
    let error = #expect(throws: HoldfastError.self) {
      try data.examples(tokenizer: tokenizer, template: .none, maxLength: prompt)
    }
    #expect(error?.message.contains("pairs.jsonl:1: no token of the response is left to learn") == true)
    #expect(error?.message.contains("the prompt has \(prompt) tokens and a row at most \(prompt)") == true)
  }

  @Test func aTokenizerWithoutAnEndIsRefused() throws {
    var json = tokenizer.serialized()
    json.set("eos_token", nil)
    let data = try InstructionData(path: Self.folder + "/pairs.jsonl")
    let error = #expect(throws: HoldfastError.self) {
      try data.examples(tokenizer: Tokenizer(serialized: json), template: .none)
    }
    #expect(error?.message.contains("pairs.jsonl:1: the tokenizer has no EOS token") == true)
  }

  static let good = #"{"prompt": "a", "response": "b"}"#

  @Test(arguments: [
    ("", "data: there are no rows; known formats are chat (messages)"),
    ("[]", "data: there are no rows"),
    (
      #"{"a": 1, "b": 2}"#,
      "data:1: a row with the keys a, b is of no known format; known are chat (messages);"
    ),
    (#"{"prompt": "a"}"#, "data:1: a row with the keys prompt is of no known format"),
    (
      good + "\n\n" + #"{"instruction": "a", "output": "b"}"#,
      "data:3: this row is of format alpaca, and the rows"
    ),
    (good + "\n{", "data:2, byte 1: expected a key"), ("3", "data:1: the document must be an object"),
    ("[" + good + ",\n 3]", "data:2: the document must be an object"), ("[1", "data, byte 2: "),
    (#"{"prompt": "a", "response": ""}"#, "data:1: message 2, of role 'assistant', is empty"),
    (#"{"prompt": "", "response": "a"}"#, "data:1: message 1, of role 'user', is empty"),
    (#"{"prompt": "a", "response": 3}"#, "data:1: .response must be a string, and is an integer"),
    (#"{"messages": []}"#, "data:1: a conversation needs a message of the user"),
    (#"{"messages": {"role": "user"}}"#, "data:1: .messages must be an array"),
    (
      #"{"messages": [{"role": "tool", "content": "a"}]}"#,
      "data:1: .messages[0].role is 'tool'; known are system"
    ),
    (#"{"messages": [{"role": "user"}]}"#, "data:1: .messages[0].content is missing"),
    (#"{"messages": [{"role": "user", "content": ["a"]}]}"#, "data:1: .messages[0].content must be a string"),
    (#"{"messages": [{"role": "user", "content": "a"}]}"#, "data:1: the assistant says nothing"),
    (
      #"{"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "a"}]}"#,
      "data:1: message 1 is of role 'assistant' where 'user' must come"
    ),
    (#"{"conversations": [{"from": "bird", "value": "a"}]}"#, "data:1: .conversations[0].from is 'bird'"),
    (
      #"{"question": "q", "choices": ["a"], "output": 0}"#,
      "data:1: .choices must hold 2 to 26 choices, and holds 1"
    ),
    (#"{"question": "q", "choices": [], "output": 0}"#, "and holds 0"),
    (
      #"{"question": "q", "choices": ["a", "b"], "output": 2}"#, "data:1: .output must lie in 0...1, and is 2"
    ),
    (
      #"{"question": "q", "choices": ["a", "b"], "output": -1}"#,
      "data:1: .output must lie in 0...1, and is -1"
    ),
    (#"{"question": "q", "choices": ["a", 3], "output": 0}"#, "data:1: .choices[1] must be a string"),
    (#"{"instruction": "a", "output": "b", "input": 1}"#, "data:1: .input must be a string"),
    (
      #"{"instruction": "a", "output": "b", "history": [["a"]]}"#,
      "data:1: .history[0] must be a question and its"
    ),
    (#"{"id": [], "prompt": "a", "response": "b"}"#, "data:1: .id must be a text or a whole number"),
  ])
  func badRowsAreNamed(text: String, message: String) throws {
    let error = #expect(throws: HoldfastError.self) { try InstructionData(json: text, source: "data") }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func invalidUTF8IsRefusedWithItsLine() throws {
    let bytes = Array((Self.good + "\n").utf8) + [0x7B, 0x22, 0xFF, 0x22, 0x7D]
    let error = #expect(throws: HoldfastError.self) {
      try bytes.withUnsafeBytes { try RowReader($0, name: "data").rows() }
    }
    #expect(error?.message.contains("data:2") == true)
  }
}
