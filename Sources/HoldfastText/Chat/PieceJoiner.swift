import HoldfastStorage
import HoldfastTensor

/// Tokenises the pieces of a conversation, one behind the other.
struct PieceJoiner {
  private let tokenizer: Tokenizer
  /// Whether the tokenizer puts a space before every text, as SentencePiece does; it must not within one.
  private let addsSpace: Bool
  private let newLine: [Int32]
  /// The EOS as text, where the vocabulary does not find it in a text.
  private let hiddenEOS: String?

  init(_ tokenizer: Tokenizer) throws(HoldfastError) {
    self.tokenizer = tokenizer
    newLine = try tokenizer.encode("\n", bos: .never)
    addsSpace = try tokenizer.encode("\na", bos: .never) != newLine + tokenizer.encode("a", bos: .never)
    let eos = tokenizer.text(of: tokenizer.eosToken)?.text
    hiddenEOS =
      if let eos, try tokenizer.encode(eos, bos: .never) != [tokenizer.eosToken] { eos } else { nil }
  }

  /// The ids of a piece behind the id `previous`, or at the beginning. Quoted parts are ordinary text.
  func encode(_ piece: String, behind previous: Int32?) throws(HoldfastError) -> [Int32] {
    if let hiddenEOS, piece.hasSuffix(hiddenEOS), let eos = tokenizer.eosToken {
      let answer = String(decoding: piece.utf8.dropLast(hiddenEOS.utf8.count), as: UTF8.self)
      return try encode(answer, behind: previous) + [eos]
    }
    var ids: [Int32] = []
    for (text, isQuoted) in QuotedText.parts(of: piece) {
      ids += try encode(text, behind: ids.last ?? previous, parseSpecial: !isQuoted)
    }
    return ids
  }

  private func encode(
    _ text: String, behind previous: Int32?, parseSpecial: Bool
  ) throws(HoldfastError) -> [Int32] {
    if addsSpace, let previous, !tokenizer.isSpecial(previous) {
      let ids = try tokenizer.encode("\n" + text, bos: .never, parseSpecial: parseSpecial)
      if ids.starts(with: newLine) { return Array(ids.dropFirst(newLine.count)) }
    }
    return try tokenizer.encode(text, bos: .never, parseSpecial: parseSpecial)
  }
}
