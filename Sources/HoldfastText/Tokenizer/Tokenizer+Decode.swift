public import HoldfastStorage
public import HoldfastTensor

extension Tokenizer {
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
    let token = definition.tokens[Int(id)]
    guard definition.symbols == .scalars, !definition.unmergeable.contains(id) || isFallbackByte(id) else {
      return token
    }
    if isFallbackByte(id), let byte = TokenizerDefinition.fallbackByte(token) { return ByteString([byte]) }
    return ByteString(NormalizationStep.replace("▁", " ").apply(token.bytes))
  }

  func isToken(_ id: Int32) -> Bool { id >= 0 && Int(id) < vocabularySize }

  /// Whether the id stands for one byte of a character that has no token of its own.
  func isFallbackByte(_ id: Int32) -> Bool {
    definition.symbols == .scalars && definition.fallsBackToBytes
      && TokenizerDefinition.fallbackByte(definition.tokens[Int(id)]) != nil
  }

  func noToken(_ id: Int32, _ place: String) -> HoldfastError {
    HoldfastError(
      .invalidArgument, "token id \(id)\(place) is not in the vocabulary, whose ids are 0 to \(vocabularySize - 1)")
  }
}
