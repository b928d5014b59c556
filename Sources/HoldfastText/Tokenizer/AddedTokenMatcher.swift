/// Finds added tokens in a text: from the left, the longest at each place, as Hugging Face `tokenizers` does.
struct AddedTokenMatcher: Sendable {
  /// A part of the text: an added token, or what lies between two.
  struct Part {
    var range: Range<Int>
    var token: AddedToken?
  }

  private let trie: ByteTrie
  private let tokens: [AddedToken]

  /// Makes a matcher of texts and the tokens they stand for; of equal texts the first counts.
  init(_ entries: [(text: [UInt8], token: AddedToken)]) {
    trie = ByteTrie(entries.enumerated().map { ($1.text, Int32(truncatingIfNeeded: $0)) })
    tokens = entries.map(\.token)
  }

  /// Whether there is nothing to find.
  var isEmpty: Bool { trie.isEmpty }

  /// Cuts `text` into added tokens and what lies between; with `parsingSpecial` off, special tokens are left as text.
  func split(_ text: Span<UInt8>, parsingSpecial: Bool) -> [Part] {
    var parts: [Part] = []
    var done = 0
    var i = 0
    while i < text.count {
      guard trie.begins(text[i]), let (end, place) = trie.longest(text, i..<text.count) else {
        i += 1
        continue
      }
      let token = tokens[Int(place)]
      let start = i
      i = end
      guard parsingSpecial || !token.isSpecial, start >= done else { continue }
      guard !token.isSingleWord || standsAlone(start..<end, in: text) else { continue }
      let left = token.stripsLeft ? max(done, startOfSpace(before: start, in: text)) : start
      let right = token.stripsRight ? endOfSpace(from: end, in: text) : end
      if done < left { parts.append(Part(range: done..<left)) }
      parts.append(Part(range: left..<right, token: token))
      done = right
    }
    if done < text.count { parts.append(Part(range: done..<text.count)) }
    return parts
  }

  private func standsAlone(_ range: Range<Int>, in text: Span<UInt8>) -> Bool {
    let table = CharacterTable.shared
    if range.lowerBound > 0 {
      let before = UTF8Text.start(before: range.lowerBound, in: text)
      if table.at(before, in: text).kind.contains(.word) { return false }
    }
    return range.upperBound == text.count || !table.at(range.upperBound, in: text).kind.contains(.word)
  }

  private func startOfSpace(before end: Int, in text: Span<UInt8>) -> Int {
    var i = end
    while i > 0 {
      let scalar = UTF8Text.start(before: i, in: text)
      guard CharacterTable.shared.at(scalar, in: text).kind.contains(.space) else { break }
      i = scalar
    }
    return i
  }

  private func endOfSpace(from start: Int, in text: Span<UInt8>) -> Int {
    var i = start
    while i < text.count {
      let (kind, length) = CharacterTable.shared.at(i, in: text)
      guard kind.contains(.space) else { break }
      i += length
    }
    return i
  }
}
