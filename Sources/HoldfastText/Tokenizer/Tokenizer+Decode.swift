public import HoldfastStorage
public import HoldfastTensor

extension Tokenizer {
  /// What each id gives when decoded, and which ids stand for one byte of a character that has no token of its own.
  ///
  /// Where words are made of characters, an added token that is looked for in the normalised text comes out normalised
  /// too, as in Hugging Face `tokenizers`.
  static func decoded(
    _ definition: TokenizerDefinition
  ) throws(HoldfastError) -> (tokens: [ByteString], fallbackBytes: Set<Int32>) {
    var tokens = definition.tokens
    guard definition.symbols == .scalars else {
      for added in definition.addedTokens where !added.isPiece {
        tokens[Int(added.id)] = ByteAlphabet.decode(added.content)
      }
      return (tokens, [])
    }
    for added in definition.addedTokens where added.isNormalized {
      tokens[Int(added.id)] = ByteString(try normalize(added.content.bytes, definition.normalization))
    }
    var fallbackBytes: Set<Int32> = []
    for (id, token) in tokens.enumerated() {
      if definition.decoding.joinsBytes, let byte = TokenizerDefinition.fallbackByte(token) {
        tokens[id] = ByteString([byte])
        fallbackBytes.insert(Int32(truncatingIfNeeded: id))
      } else {
        tokens[id] = ByteString(definition.decoding.apply(token.bytes))
      }
    }
    return (tokens, fallbackBytes)
  }

  /// The text of a sequence of ids. Bytes that are not UTF-8 become U+FFFD.
  ///
  /// Throws `invalidArgument` naming the place of an id that is not in the vocabulary.
  public func decode(_ ids: [Int32], skipSpecial: Bool = false) throws(HoldfastError) -> String {
    var decoder = StreamingDecoder(self, skipSpecial: skipSpecial)
    var text = ""
    for (place, id) in ids.enumerated() {
      guard isToken(id) else { throw noToken(id, " at position \(place)") }
      text += try decoder.append(id)
    }
    return text + decoder.finish()
  }

  /// The bytes that an id stands for, which need not be UTF-8 by themselves.
  ///
  /// Throws `invalidArgument` when the id is not in the vocabulary.
  public func bytes(of id: Int32) throws(HoldfastError) -> ByteString {
    guard isToken(id) else { throw noToken(id, "") }
    return decodedTokens[Int(id)]
  }

  func isToken(_ id: Int32) -> Bool { id >= 0 && Int(id) < vocabularySize }

  func noToken(_ id: Int32, _ place: String) -> HoldfastError {
    HoldfastError(
      .invalidArgument,
      "token id \(id)\(place) is not in the vocabulary, whose ids are 0 to \(vocabularySize - 1)")
  }
}
