public import HoldfastTensor

/// How a conversation is written for a model.
///
/// | name | one turn |
/// |---|---|
/// | `vicuna` | `{system} USER: {user} ASSISTANT: {assistant}` EOS, as Vicuna v1.1 |
/// | `chatml` | `<\|im_start\|>user⏎{user}<\|im_end\|>⏎<\|im_start\|>assistant⏎{assistant}<\|im_end\|>` |
/// | `smollm2` | `chatml` with SmolLM2's system message when the conversation has none |
/// | `alpaca` | `{preamble}⏎⏎### Instruction:⏎{user}⏎⏎### Response:⏎{assistant}` EOS |
/// | `llama-2` | BOS `[INST] {user} [/INST]` then ` {assistant} ` EOS |
/// | `none` | `{user}{assistant}` EOS |
public struct ChatTemplate: Sendable, Hashable {
  enum Style: String, Sendable, CaseIterable {
    case vicuna, chatml, smollm2, alpaca
    case llama2 = "llama-2"
    case none
  }

  let style: Style

  /// The name by which `named` finds it.
  public var name: String { style.rawValue }
  /// The names of all templates.
  public static let knownNames = Style.allCases.map(\.rawValue)

  /// Vicuna v1.1, with its system message unless the conversation has one.
  public static let vicuna = ChatTemplate(style: .vicuna)
  /// ChatML without a default system message.
  public static let chatML = ChatTemplate(style: .chatml)
  /// ChatML with SmolLM2's default system message.
  public static let smolLM2 = ChatTemplate(style: .smollm2)
  /// Stanford Alpaca.
  public static let alpaca = ChatTemplate(style: .alpaca)
  /// Llama-2 chat.
  public static let llama2 = ChatTemplate(style: .llama2)
  /// Nothing is added to what is said.
  public static let none = ChatTemplate(style: .none)

  /// The template of this name. Throws `invalidArgument` listing the names there are.
  public static func named(_ name: String) throws(HoldfastError) -> ChatTemplate {
    guard let style = Style(rawValue: name) else {
      throw HoldfastError(
        .invalidArgument,
        "there is no chat template '\(name)'; known are \(knownNames.joined(separator: ", "))")
    }
    return ChatTemplate(style: style)
  }

  /// The template that a model's own Jinja text amounts to, or `nil` when it is not recognised.
  public static func detected(in jinja: String) -> ChatTemplate? {
    if jinja.contains("<|im_start|>") {
      return jinja.contains(smolLM2System) ? smolLM2 : chatML
    }
    if jinja.contains("[INST]"), jinja.contains("<<SYS>>") { return llama2 }
    return nil
  }

  static let vicunaSystem =
    "A chat between a curious user and an artificial intelligence assistant. "
    + "The assistant gives helpful, detailed, and polite answers to the user's questions."
  static let smolLM2System = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
  static let alpacaSystem =
    "Below is an instruction that describes a task. "
    + "Write a response that appropriately completes the request."
  static let alpacaSystemWithInput =
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    + "Write a response that appropriately completes the request."
}
