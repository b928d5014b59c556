import HoldfastStorage
import HoldfastTensor

/// Tokenises a text that stands behind another one.
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

  /// The ids of `text` behind the id `previous`, or at the beginning.
  func encode(_ text: String, behind previous: Int32?) throws(HoldfastError) -> [Int32] {
    if let hiddenEOS, text.hasSuffix(hiddenEOS), let eos = tokenizer.eosToken {
      let answer = String(decoding: text.utf8.dropLast(hiddenEOS.utf8.count), as: UTF8.self)
      return try encode(answer, behind: previous) + [eos]
    }
    guard addsSpace, let previous, !tokenizer.isSpecial(previous) else {
      return try tokenizer.encode(text, bos: .never)
    }
    let ids = try tokenizer.encode("\n" + text, bos: .never)
    return ids.starts(with: newLine)
      ? Array(ids.dropFirst(newLine.count)) : try tokenizer.encode(text, bos: .never)
  }
}
