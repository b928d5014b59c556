public import HoldfastTensor

extension ChatTemplate {
  /// A stretch of a written conversation that is tokenised by itself.
  public struct Piece: Sendable, Hashable {
    /// What it says.
    public var text: String
    /// Whether it is the assistant's, and so what is trained on.
    public var isTarget: Bool
    /// Whether a BOS belongs before it where the BOS policy adds one.
    public var takesBOS = false
    /// Whether the tokenizer's EOS belongs behind it; it is a target too.
    public var takesEOS = false
  }

  /// Writes a conversation in pieces: what the model is given and what it is to say, in turns.
  ///
  /// Pieces are tokenised apart, so that the tokens of a prompt are the same in training and at inference. Throws
  /// `invalidArgument` naming the message when roles do not follow `system? (user assistant)* user?`.
  public func render(_ messages: [Message]) throws(HoldfastError) -> [Piece] {
    try Message.checkOrder(messages)
    var pieces: [Piece] = []
    var turns = messages[...]
    let system = turns.first?.role == .system ? turns.removeFirst().text : nil
    var given = ""
    for (turn, message) in turns.enumerated() {
      if message.role == .user {
        given += opening(message, isFirst: turn == 0, system: system)
      } else {
        pieces.append(Piece(text: given, isTarget: false, takesBOS: pieces.isEmpty || style == .llama2))
        pieces.append(
          Piece(text: answer(message.text), isTarget: true, takesEOS: !isChatML))
        given = isChatML ? "\n" : style == .alpaca ? "\n\n" : ""
      }
    }
    if turns.last?.role == .user {
      pieces.append(Piece(text: given, isTarget: false, takesBOS: pieces.isEmpty || style == .llama2))
    }
    return pieces
  }

  /// The text of a conversation that ends with the user's turn, up to where the assistant is to speak.
  ///
  /// Earlier answers carry no EOS in this text; `Tokenizer.encode(_:template:)` gives the exact tokens. Throws
  /// `invalidArgument` when the last message is not the user's.
  public func prompt(_ messages: [Message]) throws(HoldfastError) -> String {
    guard messages.last?.role == .user else {
      throw HoldfastError(.invalidArgument, "a prompt must end with a message of the user")
    }
    return try render(messages).map(\.text).joined()
  }

  private var isChatML: Bool { style == .chatml || style == .smollm2 }

  /// The user's turn with what comes before it and what leads over to the assistant.
  private func opening(_ message: Message, isFirst: Bool, system: String?) -> String {
    let text = message.text
    switch style {
    case .vicuna:
      return (isFirst ? (system ?? Self.vicunaSystem) + " " : "") + "USER: \(text) ASSISTANT: "
    case .chatml, .smollm2:
      let scene = system ?? (style == .smollm2 ? Self.smolLM2System : nil)
      let start = isFirst ? scene.map { "<|im_start|>system\n\($0)<|im_end|>\n" } ?? "" : ""
      return start + "<|im_start|>user\n\(text)<|im_end|>\n<|im_start|>assistant\n"
    case .alpaca:
      let preamble = message.input.isEmpty ? Self.alpacaSystem : Self.alpacaSystemWithInput
      let input = message.input.isEmpty ? "" : "### Input:\n\(message.input)\n\n"
      return (isFirst ? (system ?? preamble) + "\n\n" : "")
        + "### Instruction:\n\(message.content)\n\n\(input)### Response:\n"
    case .llama2:
      let scene = isFirst ? system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "" : ""
      return "[INST] \(scene)\(text) [/INST]"
    case .none:
      return (isFirst ? system ?? "" : "") + text
    }
  }

  private func answer(_ text: String) -> String {
    switch style {
    case .llama2: " \(text) "
    case .chatml, .smollm2: text + "<|im_end|>"
    case .vicuna, .alpaca, .none: text
    }
  }
}
