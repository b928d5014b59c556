import HoldfastStorage

/// What SentencePiece does to a text before it looks for pieces (`normalizer_spec` and parts of `trainer_spec`).
struct SentencePieceNormalizer: Sendable, Hashable {
  /// The map of characters, if the model has one.
  var map: CharactersMap?
  /// Whether a space is put before the text (or behind it).
  var addsDummyPrefix = true
  /// Whether spaces at the ends go, and runs of them become one.
  var removesExtraSpaces = true
  /// Whether spaces become `▁`.
  var escapesSpaces = true
  /// Whether the dummy space comes behind.
  var putsSpaceBehind = false
  /// Texts that no map touches.
  var untouched: [ByteString] = []

  private static let space: [UInt8] = Array("▁".utf8)

  /// The text after the normalisation.
  func apply(_ text: [UInt8]) -> [UInt8] {
    let source = text.span
    let symbols = ByteTrie(untouched.enumerated().map { ($1.bytes, Int32(truncatingIfNeeded: $0)) })
    let mark = escapesSpaces ? Self.space : [UInt8(ascii: " ")]
    var i = 0
    while removesExtraSpaces, i < text.count {
      let (piece, length) = prefix(source, i, text, symbols)
      guard piece.elementsEqual([UInt8(ascii: " ")]) else { break }
      i += length
    }
    guard i < text.count else { return [] }
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4)
    if addsDummyPrefix, !putsSpaceBehind { result += mark }
    var afterSpace = removesExtraSpaces
    while i < text.count {
      var (piece, length) = prefix(source, i, text, symbols)
      i += length
      while afterSpace, piece.first == UInt8(ascii: " ") { piece.removeFirst() }
      for byte in piece {
        if byte == UInt8(ascii: " ") { result += mark } else { result.append(byte) }
      }
      if let last = piece.last { afterSpace = last == UInt8(ascii: " ") }
      if !removesExtraSpaces { afterSpace = false }
    }
    while removesExtraSpaces, result.suffix(mark.count).elementsEqual(mark) { result.removeLast(mark.count) }
    if addsDummyPrefix, putsSpaceBehind { result += mark }
    return result
  }

  /// What the text from `i` on begins with after the map, and how many of its bytes that is.
  private func prefix(
    _ source: Span<UInt8>, _ i: Int, _ text: [UInt8], _ symbols: ByteTrie
  ) -> (piece: ArraySlice<UInt8>, length: Int) {
    if let (end, _) = symbols.longest(source, i..<text.count) { return (text[i..<end], end - i) }
    if let map, let (mapped, length) = map.result(source, i..<text.count, longest: true) {
      return (mapped, length)
    }
    let length = UTF8Text.length(source[i])
    return (text[i..<i + length], length)
  }
}
