import HoldfastStorage
import HoldfastTensor
import Testing

@testable import HoldfastText

/// Where the assistant's answers are found in what a template writes, and how they are tokenised.
@Suite struct ChatAnswerTests {
  private let turns = [
    Message(.system, "Be brief."), Message(.user, "Hi"), Message(.assistant, "Hello!"), Message(.user, "Bye"),
    Message(.assistant, "So long."),
  ]

  /// A small tokenizer with further special tokens.
  private func tokenizer(_ folder: String = "tiny-smollm", adding tokens: [String] = []) throws -> Tokenizer {
    var json = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/" + folder).serialized()
    var (all, added) = (json["tokens"]?.arrayValue ?? [], json["added_tokens"]?.arrayValue ?? [])
    for token in tokens {
      added.append([
        "id": .int(all.count), "content": .text(token), "special": true, "lstrip": false, "rstrip": false,
        "single_word": false, "normalized": false, "piece": false,
      ])
      all.append(.text(token))
    }
    json.set("tokens", .array(all))
    json.set("added_tokens", .array(added))
    if case .array(let ids)? = json["unmergeable"] {
      json.set("unmergeable", .array(ids + (all.count - tokens.count..<all.count).map { .int($0) }))
    }
    return try Tokenizer(serialized: json)
  }

  private func stored(_ name: String) throws -> ChatTemplate {
    try ChatTemplate(path: Files.root + "/Tests/Fixtures/chat/\(name).jinja")
  }

  private func targets(_ template: ChatTemplate, _ tokenizer: Tokenizer, _ turns: [Message]) throws
    -> [String]
  {
    try template.render(turns, for: tokenizer).filter(\.isTarget).map(\.text)
  }

  @Test func unmarkedTemplatesGiveTheSameTokensAsKnownOnes() throws {
    let tokenizer = try tokenizer(adding: ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"])
    for (own, known) in [
      ("axolotl-chatml", "chatml"), ("smollm2", "chatml"), ("trl-phi3", "phi-3"), ("trl-phi3_5", "phi-3"),
    ] {
      let (own, known) = (try stored(own), try ChatTemplate.named(known))
      for count in 2...5 {
        let turns = Array(turns.prefix(count))
        #expect(
          try tokenizer.encode(turns, template: own) == tokenizer.encode(turns, template: known),
          "\(own.name), \(count)")
      }
    }
  }

  /// TRL marks the answers in its variants of templates; the space at their ends is the template's.
  @Test(arguments: ["qwen2_5", "phi3", "smolvlm"])
  func answersStandWhereTRLMarksThem(name: String) throws {
    let tokenizer = try tokenizer(adding: ["<|user|>", "<|end|>", "<end_of_utterance>"])
    let found = try targets(try stored("trl-" + name), tokenizer, turns)
    let marked = try targets(try stored("trl-\(name)_training"), tokenizer, turns)
    func stripped(_ text: String) -> ByteString { PythonText.strip(ByteString(text)) }
    #expect(found.count == 2)
    #expect(found.map(stripped) == marked.prefix(2).map(stripped))
  }

  @Test func onlyTheLastAnswerWhereEarlierOnesAreWrittenInAnotherWay() throws {
    let tokenizer = try tokenizer()
    let thinking = [
      Message(.user, "Hi"), Message(.assistant, "<think>a</think>Hello!"), Message(.user, "Bye"),
      Message(.assistant, "<think>b</think>So long."),
    ]
    let template = try stored("trl-qwen3")
    #expect(try targets(template, tokenizer, thinking) == ["<think>\nb\n</think>\n\nSo long.<|im_end|>"])
    let prompt = try tokenizer.encode(Array(thinking.prefix(3)), template: template).tokens
    #expect(try tokenizer.encode(thinking, template: template).tokens.starts(with: prompt))
  }

  @Test func aPromptThatIsNotWrittenBeforeAnswersIsRefused() throws {
    let template = try ChatTemplate(
      jinja:
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]<think>{% endif %}",
      name: "t")
    let error = #expect(throws: HoldfastError.self) {
      try template.render([Message(.user, "Hi"), Message(.assistant, "Hello!")])
    }
    #expect(error?.message.contains("the prompt it writes for a new answer") == true)
    #expect(try template.prompt([Message(.user, "Hi")]) == "[user]Hi[assistant]<think>")
  }

  @Test func thereIsOneBOS() throws {
    let tokenizer = try tokenizer("tiny-sentencepiece")
    let bos = try #require(tokenizer.bosToken)
    let template = try ChatTemplate(
      jinja:
        "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token if m.role == 'assistant' }}{% endfor %}",
      name: "t")
    for policy in [BOSPolicy.automatic, .always, .never] {
      let tokens = try tokenizer.encode(Array(turns[1...]), template: template, bos: policy).tokens
      #expect(tokens.count { $0 == bos } == 1 && tokens.first == bos)
      let prompt = try template.prompt([turns[1]], for: tokenizer)
      let ids = try tokenizer.encode(prompt, bos: tokenizer.bosPolicy(policy, before: prompt))
      #expect(try ids == tokenizer.encode([turns[1]], template: template, bos: policy).tokens)
    }
    #expect(try tokenizer.encode([turns[1]], template: .vicuna).tokens.first == bos)
    #expect(try tokenizer.encode([turns[1]], template: .vicuna, bos: .never).tokens.first != bos)
  }

  /// A piece that stands within a text gets no space of SentencePiece's before it.
  @Test func piecesJoinWithoutSpaces() throws {
    let tokenizer = try tokenizer("tiny-sentencepiece")
    let turns = [Message(.user, "x="), Message(.assistant, "the cat")]
    let tokens = try tokenizer.encode(turns, template: .none, bos: .never).tokens
    let whole = try tokenizer.encode("x=the cat", bos: .never) + [try #require(tokenizer.eosToken)]
    #expect(tokens == whole)
  }

  @Test func specialTokensInMessagesCanBeText() throws {
    let tokenizer = try tokenizer()
    let marker = try #require(tokenizer.id(of: "<|im_end|>"))
    let turns = [Message(.user, "a<|im_end|>b <|im_start|>"), Message(.assistant, "c")]
    for template in [ChatTemplate.chatML, try stored("axolotl-chatml")] {
      let parsed = try tokenizer.encode(turns, template: template)
      let quoted = try tokenizer.encode(turns, template: template, parsesContent: false)
      #expect(parsed.tokens.count { $0 == marker } == 3 && quoted.tokens.count { $0 == marker } == 2)
      #expect(try tokenizer.decode(parsed.tokens) == tokenizer.decode(quoted.tokens))
      #expect(
        quoted.tokens[quoted.isTarget.firstIndex(of: true) ?? 0]
          == parsed.tokens[parsed.isTarget.firstIndex(of: true) ?? 0])
    }
  }

  @Test func templatesComeFromNamesModelsAndFiles() throws {
    let tokenizer = try tokenizer()
    #expect(try ChatTemplate.resolve("zephyr", for: tokenizer) == .zephyr)
    let path = Files.root + "/Tests/Fixtures/chat/smollm2.jinja"
    #expect(try ChatTemplate.resolve(path, for: tokenizer).name == path)
    var error = #expect(throws: HoldfastError.self) { try ChatTemplate.resolve("auto", for: tokenizer) }
    #expect(error?.code == .notFound && error?.message.contains("hold no chat template") == true)
    error = #expect(throws: HoldfastError.self) { try ChatTemplate.resolve("/no/such.jinja", for: tokenizer) }
    #expect(error?.code == .notFound)
    error = #expect(throws: HoldfastError.self) { try ChatTemplate(jinja: "a\n{% if %}", name: "mine") }
    #expect(error?.message.hasPrefix("mine, line 2: ") == true)
    error = #expect(throws: HoldfastError.self) { try tokenizer.encode(turns, template: .gemma) }
    #expect(error?.message.contains("<start_of_turn>") == true)
  }

  @Test func theClockIsPythons() {
    #expect(
      ClockText.text(of: 1_700_000_000, isLocal: false, format: "%d %b %Y, %H:%M:%S")
        == "14 Nov 2023, 22:13:20")
    #expect(ClockText.text(of: 0, isLocal: false, format: "") == "")
    #expect(
      ClockText.text(of: 0, isLocal: false, format: ByteString(Array(repeating: 0x25, count: 2000))) == nil)
  }
}
