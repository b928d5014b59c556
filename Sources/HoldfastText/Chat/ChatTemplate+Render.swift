import HoldfastStorage
public import HoldfastTensor

extension ChatTemplate {
  /// A stretch of a written conversation that is tokenised by itself.
  public struct Piece: Sendable, Hashable {
    /// What it says.
    public var text: String
    /// Whether it is the assistant's, and so what is trained on.
    public var isTarget: Bool
  }

  /// Writes a conversation in pieces: what the model is given and what it is to say, in turns.
  ///
  /// Pieces are tokenised apart, so that the tokens of a prompt are the same in training and at inference. What the
  /// assistant says is what `{% generation %}` marks; in a template without it, what comes behind the prompt of each turn,
  /// up to the special token that ends the turn. Where a template writes earlier answers in another way than new ones
  /// (without their thinking, say), only the last answer is a target. Nothing is written behind the last answer.
  ///
  /// `tokenizer` gives BOS and EOS; without one they are empty. `addsBOS` says whether a known template that begins
  /// later turns with BOS may do so. Throws `invalidArgument` when the template refuses the conversation, when its prompt
  /// is not what it writes before an answer, or, for known templates, when roles do not follow `system? (user assistant)*
  /// user?`; `unsupported` for what this build does not know, with its line.
  public func render(
    _ messages: [Message], for tokenizer: Tokenizer? = nil, addsBOS: Bool = false
  ) throws(HoldfastError) -> [Piece] {
    if isKnown { try Message.checkOrder(messages) }
    guard let last = messages.last else {
      throw HoldfastError(.invalidArgument, "a conversation needs a message of the user")
    }
    let writer = try ConversationWriter(self, tokenizer, addsBOS: addsBOS)
    let isPrompt = last.role != .assistant
    let whole = try writer.write(messages, addsPrompt: isPrompt)
    var spans = whole.generated
    if spans.isEmpty, messages.contains(where: { $0.role == .assistant }) {
      spans = try writer.answers(of: messages, in: whole.text, isRequired: !isPrompt)
    }
    return Self.pieces(whole.text, spans, keepsEnd: isPrompt)
  }

  /// The text of a conversation that ends with the user's turn, up to where the assistant is to speak.
  ///
  /// A template from a model writes its own BOS: encode the text with the policy that `Tokenizer.bosPolicy(_:before:)` gives.
  /// A known template's earlier answers carry an EOS only when there is a tokenizer. `Tokenizer.encode(_:template:)` gives
  /// the exact tokens. Throws `invalidArgument` when the last message is not the user's, and as `render`.
  public func prompt(_ messages: [Message], for tokenizer: Tokenizer? = nil) throws(HoldfastError) -> String {
    guard messages.last?.role == .user else {
      throw HoldfastError(.invalidArgument, "a prompt must end with a message of the user")
    }
    if isKnown { try Message.checkOrder(messages) }
    return try ConversationWriter(self, tokenizer, addsBOS: false).write(messages, addsPrompt: true).text.text
  }

  private static func pieces(_ text: ByteString, _ spans: [Range<Int>], keepsEnd: Bool) -> [Piece] {
    var pieces: [Piece] = []
    var done = 0
    func add(_ range: Range<Int>, _ isTarget: Bool) {
      guard !range.isEmpty else { return }
      pieces.append(Piece(text: ByteString(text.bytes[range]).text, isTarget: isTarget))
    }
    for span in spans where span.lowerBound >= done {
      add(done..<span.lowerBound, false)
      add(span, true)
      done = span.upperBound
    }
    if keepsEnd { add(done..<text.count, false) }
    return pieces
  }
}
