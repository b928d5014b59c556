import HoldfastTensor
import Testing

@testable import HoldfastText

@Suite struct ChatTemplateTests {
  static let scene =
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, "
    + "and polite answers to the user's questions."
  let turns = [
    Message(.user, "Hi"), Message(.assistant, "Hello!"), Message(.user, "Bye"),
    Message(.assistant, "So long."),
  ]

  private func written(_ template: ChatTemplate, _ messages: [Message]) throws -> String {
    let tokenizer = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-sentencepiece")
    return try template.render(messages, for: tokenizer, addsBOS: true)
      .map { $0.isTarget ? "{\($0.text)}" : $0.text }.joined()
  }

  @Test func vicuna() throws {
    #expect(try ChatTemplate.vicuna.prompt([Message(.user, "Hi")]) == Self.scene + " USER: Hi ASSISTANT: ")
    #expect(
      try written(.vicuna, turns)
        == "\(Self.scene) USER: Hi ASSISTANT: {Hello!</s>}USER: Bye ASSISTANT: {So long.</s>}")
    #expect(
      try written(.vicuna, [Message(.system, "Be brief."), Message(.user, "Hi")])
        == "Be brief. USER: Hi ASSISTANT: ")
  }

  @Test func chatML() throws {
    #expect(
      try written(.chatML, turns)
        == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n{Hello!<|im_end|>}\n"
        + "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n{So long.<|im_end|>}")
    #expect(
      try ChatTemplate.smolLM2.prompt([Message(.user, "Hi")])
        == "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        + "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    #expect(
      try ChatTemplate.smolLM2.prompt([Message(.system, "S"), Message(.user, "Hi")])
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
  }

  @Test func alpaca() throws {
    #expect(
      try written(.alpaca, [Message(.user, "Add."), Message(.assistant, "3")])
        == "Below is an instruction that describes a task. Write a response that appropriately completes the "
        + "request.\n\n### Instruction:\nAdd.\n\n### Response:\n{3</s>}")
    #expect(
      try written(.alpaca, [Message(.user, "Add.", input: "1 2"), Message(.assistant, "3")])
        == "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n"
        + "### Input:\n1 2\n\n### Response:\n{3</s>}")
  }

  @Test func llama2AndNone() throws {
    #expect(
      try written(.llama2, turns) == "[INST] Hi [/INST]{ Hello! </s>}<s>[INST] Bye [/INST]{ So long. </s>}")
    #expect(
      try written(.llama2, [Message(.system, "S"), Message(.user, "Hi")])
        == "[INST] <<SYS>>\nS\n<</SYS>>\n\nHi [/INST]")
    #expect(try written(.none, [Message(.user, "Q:"), Message(.assistant, " a")]) == "Q:{ a</s>}")
  }

  @Test func namesAreKnown() throws {
    for name in ChatTemplate.knownNames { #expect(try ChatTemplate.named(name).name == name) }
    let error = #expect(throws: HoldfastError.self) { try ChatTemplate.named("vicunia") }
    #expect(
      error?.message.contains("known are vicuna, chatml, smollm2, alpaca, llama-2, llama-3, mistral") == true)
  }

  @Test func rolesMustFollow() throws {
    let wrong: [[Message]] = [
      [], [Message(.assistant, "a")], [Message(.user, "a"), Message(.user, "b")], [Message(.system, "a")],
      [Message(.user, "a"), Message(.system, "b")], [Message(.system, "a"), Message(.assistant, "b")],
    ]
    for messages in wrong {
      #expect(throws: HoldfastError.self) { try ChatTemplate.vicuna.render(messages) }
    }
    #expect(throws: HoldfastError.self) { try ChatTemplate.vicuna.prompt(turns) }
  }

  @Test(arguments: ["vicuna", "chatml", "smollm2", "alpaca", "llama-2", "mistral", "zephyr", "none"])
  func aPromptHasTheTokensItHasInTraining(name: String) throws {
    let template = try ChatTemplate.named(name)
    let tokenizer = try Tokenizer(huggingFaceDirectory: Files.fixtures + "/tiny-smollm")
    let training = try tokenizer.encode(turns, template: template)
    #expect(training.tokens.count == training.isTarget.count)
    for count in [1, 3] {
      let prompt = try tokenizer.encode(Array(turns.prefix(count)), template: template)
      #expect(Array(training.tokens.prefix(prompt.tokens.count)) == prompt.tokens)
      #expect(prompt.isTarget.last == false && training.isTarget[prompt.tokens.count])
    }
    #expect(training.tokens.last == tokenizer.eosToken)
    let one = try tokenizer.encode([turns[0]], template: template).tokens
    #expect(try one == tokenizer.encode(template.prompt([turns[0]], for: tokenizer)))
  }
}
