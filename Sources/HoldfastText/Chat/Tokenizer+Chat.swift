import HoldfastStorage
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
  /// end token. There is never a second BOS where the template writes one.
  ///
  /// What looks like a special token in a message is one, as in transformers; with `parsesContent` off it is ordinary
  /// text, tokenised apart, so that nobody can end a turn by writing `<|im_end|>`. Throws `invalidArgument` as
  /// `ChatTemplate.render`, for a tokenizer without EOS when a known template needs one, or when the vocabulary lacks the
  /// markers of a known template.
  public func encode(
    _ messages: [Message], template: ChatTemplate, bos: BOSPolicy = .automatic, parsesContent: Bool = true
  ) throws(HoldfastError) -> EncodedConversation {
    try requireMarkers(of: template)
    let addsBOS = bos == .always || bos == .automatic && addsBOS
    let joiner = try PieceJoiner(self)
    var result = EncodedConversation(tokens: [], isTarget: [])
    let written = parsesContent ? messages : messages.map(QuotedText(self).quoting)
    for piece in try template.render(written, for: self, addsBOS: addsBOS) {
      let ids = try joiner.encode(piece.text, behind: result.tokens.last)
      result.tokens += ids
      result.isTarget += repeatElement(piece.isTarget, count: ids.count)
    }
    if addsBOS, let bosToken, result.tokens.first != bosToken {
      result.tokens.insert(bosToken, at: 0)
      result.isTarget.insert(false, at: 0)
    }
    return result
  }

  /// The policy to encode a written prompt with: the one asked for, or `never` when the text itself begins with BOS.
  public func bosPolicy(_ asked: BOSPolicy, before text: String) -> BOSPolicy {
    guard let bos = self.text(of: bosToken), !bos.isEmpty else { return asked }
    return ByteString(text).hasPrefix(bos) ? .never : asked
  }

  /// The text of a special token.
  func text(of token: Int32?) -> ByteString? {
    guard let token, isToken(token) else { return nil }
    return definition.addedTokens.first { $0.id == token }?.content ?? decodedTokens[Int(token)]
  }

  private func requireMarkers(of template: ChatTemplate) throws(HoldfastError) {
    for marker in template.markers ?? [] where id(of: marker) == nil {
      throw HoldfastError(
        .invalidArgument,
        "template '\(template.name)' needs the token '\(marker)', which this vocabulary lacks; use auto for the "
          + "model's own template, vicuna or alpaca")
    }
    guard template.isKnown, template.jinja.contains("eos_token"), eosToken == nil else { return }
    throw HoldfastError(
      .invalidArgument,
      "the tokenizer has no EOS token, and template '\(template.name)' ends answers with it")
  }
}
