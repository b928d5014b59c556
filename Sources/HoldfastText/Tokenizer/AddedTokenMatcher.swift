/// Finds added tokens in a text: from the left, the longest at each place, as Hugging Face `tokenizers` does.
struct AddedTokenMatcher: Sendable {
  /// A part of the text: an added token, or what lies between two.
  struct Part {
    var range: Range<Int>
    var token: AddedToken?
  }

  /// A trie: the node behind each node and byte, and the token that ends at a node.
  private var children: [UInt64: Int] = [:]
  private var tokens: [AddedToken?] = [nil]
  /// Whether a token begins with this byte.
  private var begins = Array(repeating: false, count: 256)

  /// Makes a matcher of texts and the tokens they stand for; of equal texts the first counts.
  init(_ entries: [(text: [UInt8], token: AddedToken)]) {
    for (text, token) in entries where !text.isEmpty {
      begins[Int(text[0])] = true
      var node = 0
      for byte in text {
        let key = Self.key(node, byte)
        if let child = children[key] {
          node = child
        } else {
          children[key] = tokens.count
          node = tokens.count
          tokens.append(nil)
        }
      }
      if tokens[node] == nil { tokens[node] = token }
    }
  }

  /// Whether there is nothing to find.
  var isEmpty: Bool { children.isEmpty }

  /// Cuts `text` into added tokens and what lies between; with `parsingSpecial` off, special tokens are left as text.
  func split(_ text: Span<UInt8>, parsingSpecial: Bool) -> [Part] {
    var parts: [Part] = []
    var done = 0
    var i = 0
    while i < text.count {
      guard begins[Int(text[i])], let (end, token) = longestMatch(at: i, in: text) else {
        i += 1
        continue
      }
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

  private static func key(_ node: Int, _ byte: UInt8) -> UInt64 {
    UInt64(truncatingIfNeeded: node) << 8 | UInt64(byte)
  }

  private func longestMatch(at start: Int, in text: Span<UInt8>) -> (end: Int, token: AddedToken)? {
    var node = 0
    var found: (Int, AddedToken)?
    var i = start
    while i < text.count, let child = children[Self.key(node, text[i])] {
      node = child
      i += 1
      if let token = tokens[node] { found = (i, token) }
    }
    return found
  }

  private func standsAlone(_ range: Range<Int>, in text: Span<UInt8>) -> Bool {
    let table = CharacterTable.shared
    if range.lowerBound > 0 {
      let before = startOfScalar(before: range.lowerBound, in: text)
      if table.at(before, in: text).kind.contains(.word) { return false }
    }
    return range.upperBound == text.count || !table.at(range.upperBound, in: text).kind.contains(.word)
  }

  private func startOfScalar(before end: Int, in text: Span<UInt8>) -> Int {
    var i = end - 1
    while i > 0, text[i] & 0xC0 == 0x80 { i -= 1 }
    return i
  }

  private func startOfSpace(before end: Int, in text: Span<UInt8>) -> Int {
    var i = end
    while i > 0 {
      let scalar = startOfScalar(before: i, in: text)
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
