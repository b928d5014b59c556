public import HoldfastTensor

extension Tokenizer {
  /// The ids of a conversation, and for each whether it is the assistant's (its EOS included).
  public struct EncodedConversation: Sendable, Hashable {
    /// The ids.
    public var tokens: [Int32]
    /// Whether each id is the assistant's, and so what is trained on.
    public var isTarget: [Bool]
  }

  /// Tokenises a conversation piece by piece as `template` writes it.
  ///
  /// A conversation that ends with the user's turn gives a prompt; its ids are those that come before the next answer in
  /// training. `bos` speaks of the beginning; `automatic` adds a BOS where the tokenizer's configuration does, and no
  /// end token. Throws `invalidArgument` for roles out of order, for a tokenizer without EOS when one is needed, or when
  /// ChatML's markers are not tokens of this vocabulary.
  public func encode(
    _ messages: [Message], template: ChatTemplate, bos: BOSPolicy = .automatic
  ) throws(HoldfastError) -> EncodedConversation {
    try requireMarkers(of: template)
    let addsBOS = bos == .always || bos == .automatic && addsBOS
    var result = EncodedConversation(tokens: [], isTarget: [])
    for piece in try template.render(messages) {
      var ids = try encode(piece.text, bos: addsBOS && piece.takesBOS ? .always : .never)
      if piece.takesEOS {
        guard let eosToken else {
          throw HoldfastError(
            .invalidArgument,
            "the tokenizer has no EOS token, and template '\(template.name)' ends answers with it")
        }
        ids.append(eosToken)
      }
      result.tokens += ids
      result.isTarget += repeatElement(piece.isTarget, count: ids.count)
    }
    return result
  }

  /// The template that the model's own chat template amounts to, or `nil` when there is none that is recognised.
  public var detectedTemplate: ChatTemplate? { chatTemplate.flatMap(ChatTemplate.detected) }

  private func requireMarkers(of template: ChatTemplate) throws(HoldfastError) {
    guard template == .chatML || template == .smolLM2 else { return }
    for marker in ["<|im_start|>", "<|im_end|>"] where id(of: marker) == nil {
      throw HoldfastError(
        .invalidArgument,
        "template '\(template.name)' needs the token '\(marker)', which this vocabulary lacks; "
          + "use vicuna or alpaca")
    }
  }
}
