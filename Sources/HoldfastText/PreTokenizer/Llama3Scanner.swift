/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct Llama3Scanner {
  let table: CharacterTable
  /// Where the text ends, as far as the expression can see.
  let end: Int
  /// How many digits a number may have: 3 for Llama 3, 1 for Qwen 2.
  let digits: Int

  /// The end of the word that begins at `start`, which lies before `end`.
  @inline(__always)
  func word(at start: Int, in text: Span<UInt8>) -> Int {
    if text[start] == UInt8(ascii: "'"), let stop = contraction(at: start, in: text) { return stop }
    let (kind, length) = table.at(start, in: text)
    let next = start + length
    if kind.contains(.letter) { return table.endOfRun(of: .letter, from: next, end: end, in: text) }
    if kind.contains(.number) { return endOfNumber(from: next, in: text) }
    if next < end, !kind.contains(.newline) {
      let follower = table.at(next, in: text)
      if follower.kind.contains(.letter) {
        return table.endOfRun(of: .letter, from: next + follower.length, end: end, in: text)
      }
      if text[start] == UInt8(ascii: " "), follower.kind.isDisjoint(with: .spaceLetterNumber) {
        return endOfPunctuation(from: next + follower.length, in: text)
      }
    }
    if kind.contains(.space) { return endOfSpace(from: start, in: text) }
    return endOfPunctuation(from: next, in: text)
  }

  private func endOfNumber(from start: Int, in text: Span<UInt8>) -> Int {
    var i = start
    var count = 1
    while count < digits, i < end {
      let (kind, length) = table.at(i, in: text)
      guard kind.contains(.number) else { break }
      i += length
      count += 1
    }
    return i
  }

  /// `[^\s\p{L}\p{N}]+[\r\n]*`
  private func endOfPunctuation(from start: Int, in text: Span<UInt8>) -> Int {
    var i = table.endOfRun(of: [], from: start, end: end, in: text)
    while i < end, text[i] == 0x0A || text[i] == 0x0D { i += 1 }
    return i
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+`: through the last line end of the run if it has one.
  private func endOfSpace(from start: Int, in text: Span<UInt8>) -> Int {
    var i = start
    var afterNewline = start
    while i < end {
      let (kind, length) = table.at(i, in: text)
      guard kind.contains(.space) else { break }
      i += length
      if kind.contains(.newline) { afterNewline = i }
    }
    if afterNewline > start { return afterNewline }
    return table.endOfSpace(from: i, start: start, end: end, in: text)
  }

  /// The end of a contraction in any case. U+017F, the long s, folds to `s`.
  private func contraction(at start: Int, in text: Span<UInt8>) -> Int? {
    guard start + 1 < end else { return nil }
    switch text[start + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < end && text[start + 2] | 0x20 == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < end && text[start + 2] | 0x20 == UInt8(ascii: "l") ? start + 3 : nil
    default:
      let isLongS = start + 2 < end && text[start + 1] == 0xC5 && text[start + 2] == 0xBF
      return isLongS ? start + 3 : nil
    }
  }
}
