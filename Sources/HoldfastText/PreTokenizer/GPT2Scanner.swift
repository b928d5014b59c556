/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
struct GPT2Scanner {
  let table: CharacterTable
  /// Where the text ends, as far as the expression can see.
  let end: Int

  /// The end of the word that begins at `start`, which lies before `end`.
  @inline(__always)
  func word(at start: Int, in text: Span<UInt8>) -> Int {
    if text[start] == UInt8(ascii: "'"), let stop = contraction(at: start, in: text) { return stop }
    var (kind, length) = table.at(start, in: text)
    var i = start + length
    if text[start] == UInt8(ascii: " "), i < end {
      let next = table.at(i, in: text)
      if !next.kind.contains(.space) {
        kind = next.kind
        i += next.length
      }
    }
    let wanted = kind.intersection(.spaceLetterNumber)
    if wanted == .space { return table.endOfSpace(from: i, start: start, end: end, in: text) }
    return table.endOfRun(of: wanted, from: i, end: end, in: text)
  }

  /// The end of one of `'s 't 're 've 'm 'll 'd` in lower case.
  private func contraction(at start: Int, in text: Span<UInt8>) -> Int? {
    guard start + 1 < end else { return nil }
    let first = text[start + 1]
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      let second = first == UInt8(ascii: "l") ? UInt8(ascii: "l") : UInt8(ascii: "e")
      return start + 2 < end && text[start + 2] == second ? start + 3 : nil
    default: return nil
    }
  }
}

extension CharacterTable {
  /// The end of the run of scalars whose letter, number and space bits are exactly `wanted`.
  @inline(__always)
  func endOfRun(of wanted: CharacterClass, from start: Int, end: Int, in text: Span<UInt8>) -> Int {
    var i = start
    while i < end {
      let (kind, length) = at(i, in: text)
      guard kind.intersection(.spaceLetterNumber) == wanted else { break }
      i += length
    }
    return i
  }

  /// `\s+(?!\S)|\s+` of a run that begins at `start` and is known up to `i`: the whole run at the end of the text,
  /// all but its last scalar before something else, unless it has only one.
  func endOfSpace(from i: Int, start: Int, end: Int, in text: Span<UInt8>) -> Int {
    let stop = endOfRun(of: .space, from: i, end: end, in: text)
    if stop == end { return stop }
    var last = stop - 1
    while text[last] & 0xC0 == 0x80 { last -= 1 }
    return last > start ? last : stop
  }
}
