import HoldfastStorage
import HoldfastTensor

/// Tokenises the pieces of a conversation, one behind the other.
struct PieceJoiner {
  private let tokenizer: Tokenizer
  /// Whether the tokenizer puts a space before every text, as SentencePiece does; it must not within one.
  private let addsSpace: Bool
  private let newLine: [Int32]
  /// BOS and EOS as text, where the vocabulary does not find them behind other text: in older Llama files they are looked
  /// for with a space before them.
  private let hidden: [(text: ByteString, id: Int32)]

  init(_ tokenizer: Tokenizer) throws(HoldfastError) {
    self.tokenizer = tokenizer
    newLine = try tokenizer.encode("\n", bos: .never)
    addsSpace = try tokenizer.encode("\na", bos: .never) != newLine + tokenizer.encode("a", bos: .never)
    var hidden: [(text: ByteString, id: Int32)] = []
    for id in [tokenizer.bosToken, tokenizer.eosToken] {
      guard let id, let text = tokenizer.text(of: id), !text.isEmpty else { continue }
      if try tokenizer.encode("a" + text.text, bos: .never).last != id { hidden.append((text, id)) }
    }
    self.hidden = hidden
  }

  /// The ids of a piece behind the id `previous`, or at the beginning. Quoted parts are ordinary text.
  func encode(_ piece: String, behind previous: Int32?) throws(HoldfastError) -> [Int32] {
    var ids: [Int32] = []
    for (text, isQuoted) in QuotedText.parts(of: piece) {
      if isQuoted {
        ids += try encode(text, behind: ids.last ?? previous, parseSpecial: false)
      } else {
        for (text, token) in split(ByteString(text), isStart: previous == nil && ids.isEmpty) {
          if !text.isEmpty { ids += try encode(text.text, behind: ids.last ?? previous, parseSpecial: true) }
          if let token { ids.append(token) }
        }
      }
    }
    return ids
  }

  /// A text cut behind each token that the vocabulary does not find by itself; it does at the very beginning.
  private func split(_ text: ByteString, isStart: Bool) -> [(text: ByteString, token: Int32?)] {
    var parts: [(text: ByteString, token: Int32?)] = []
    var rest = text
    while let (place, found) = hidden.compactMap({ token in
      PythonText.occurrences(of: token.text, in: rest, limit: 2)
        .first { $0 > 0 || !isStart || !parts.isEmpty }.map { ($0, token) }
    }).min(by: { $0.0 < $1.0 }) {
      parts.append((ByteString(rest.bytes[..<place]), found.id))
      rest = ByteString(rest.bytes[(place + found.text.count)...])
    }
    return parts + [(rest, nil)]
  }

  private func encode(
    _ text: String, behind previous: Int32?, parseSpecial: Bool
  ) throws(HoldfastError) -> [Int32] {
    // A vocabulary that hides its tokens puts no space behind a special token either.
    if addsSpace, let previous, !hidden.isEmpty || !tokenizer.isSpecial(previous) {
      let ids = try tokenizer.encode("\n" + text, bos: .never, parseSpecial: parseSpecial)
      if ids.starts(with: newLine) { return Array(ids.dropFirst(newLine.count)) }
    }
    return try tokenizer.encode(text, bos: .never, parseSpecial: parseSpecial)
  }
}
