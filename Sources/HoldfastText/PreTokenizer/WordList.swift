import HoldfastStorage
import HoldfastTensor

/// The words of a piece of text, and the memory to find them; serves many pieces.
struct WordList {
  /// The text the words lie in, where a step has changed it.
  private(set) var text: [UInt8] = []
  /// The words in order.
  private(set) var words: [Range<Int>] = []
  private var previous: [Range<Int>] = []
  private var matcher = ExpressionMatcher()

  /// Cuts `range` of a text whose words stay where they are; `rules` must not rewrite.
  mutating func cut(_ source: Span<UInt8>, _ range: Range<Int>, _ rules: PreTokenizer) throws(HoldfastError) {
    words.removeAll(keepingCapacity: true)
    words.append(range)
    for step in rules.steps { try apply(step, source) }
  }

  /// Cuts `range` of a text into words of `text`; `isAtStart`: the range begins where the user's text does.
  mutating func cutRewriting(
    _ source: Span<UInt8>, _ range: Range<Int>, _ rules: PreTokenizer, isAtStart: Bool
  ) throws(HoldfastError) {
    var current: [UInt8] = []
    current.reserveCapacity(range.count + range.count / 4 + 8)
    for i in range { current.append(source[i]) }
    words.removeAll(keepingCapacity: true)
    words.append(0..<current.count)
    for step in rules.steps {
      switch step {
      case .prefixSpace:
        current = rewrite(current) { part, _, result in
          if current[part.lowerBound] != UInt8(ascii: " ") { result.append(UInt8(ascii: " ")) }
          result += current[part]
        }
      case .metaspace(let replacement, let prepend, let splits):
        current = rewrite(current) { part, isFirst, result in
          let start = result.count
          for byte in current[part] {
            if byte == UInt8(ascii: " ") { result += replacement.bytes } else { result.append(byte) }
          }
          let isWanted = prepend == .always || prepend == .first && isAtStart && isFirst
          if isWanted, !result[start...].starts(with: replacement.bytes) {
            result.insert(contentsOf: replacement.bytes, at: start)
          }
        }
        if splits {
          try apply(.literal(replacement, PreTokenizer.Split(behavior: .mergedWithNext)), current.span)
        }
      default: try apply(step, current.span)
      }
    }
    text = current
  }

  /// Writes every part anew; `body` appends the new text of a part, told whether it is the first of all.
  private mutating func rewrite(
    _ text: [UInt8], _ body: (Range<Int>, _ isFirst: Bool, inout [UInt8]) -> Void
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4 + 8)
    for (k, word) in words.enumerated() where !word.isEmpty {
      let start = result.count
      body(word, k == 0 && word.lowerBound == 0, &result)
      words[k] = start..<result.count
    }
    return result
  }

  private mutating func apply(_ step: PreTokenizer.Step, _ source: Span<UInt8>) throws(HoldfastError) {
    swap(&words, &previous)
    words.removeAll(keepingCapacity: true)
    for part in previous where !part.isEmpty {
      switch step {
      case .pattern(let pattern): pattern.cut(source, part, into: &words)
      case .digits(let individual): cutDigits(source, part, individual)
      case .words: cutClasses(source, part) { $0.contains(.word) ? 1 : $0.contains(.space) ? 0 : 2 }
      case .whiteSpace: cutClasses(source, part) { $0.contains(.space) ? 0 : 1 }
      case .punctuation(let split):
        var splitter = Splitter(split, part)
        var i = part.lowerBound
        while i < part.upperBound {
          let (kind, length) = CharacterTable.shared.at(i, in: source)
          if kind.contains(.punctuation) { splitter.match(i..<i + length, &words) }
          i += length
        }
        splitter.finish(&words)
      case .literal(let literal, let split):
        var splitter = Splitter(split, part)
        Self.forEachOccurrence(of: literal.bytes, source, part) { splitter.match($0, &words) }
        splitter.finish(&words)
      case .expression(let expression, let split):
        var splitter = Splitter(split, part)
        var found = words
        words = []
        defer { words = found }
        try expression.forEachMatch(in: source, part, &matcher) { splitter.match($0, &found) }
        splitter.finish(&found)
      case .prefixSpace, .metaspace: words.append(part)
      }
    }
  }

  private mutating func cutDigits(_ source: Span<UInt8>, _ part: Range<Int>, _ individual: Bool) {
    var start = part.lowerBound
    var i = start
    var inNumber = false
    while i < part.upperBound {
      let (kind, length) = CharacterTable.shared.at(i, in: source)
      let isNumber = kind.contains(.digit)
      if i > start, isNumber != inNumber || (isNumber && individual) {
        words.append(start..<i)
        start = i
      }
      inNumber = isNumber
      i += length
    }
    words.append(start..<part.upperBound)
  }

  /// Cuts into runs of equal kind; those of kind 0 are dropped.
  private mutating func cutClasses(_ source: Span<UInt8>, _ part: Range<Int>, _ kind: (CharacterClass) -> Int)
  {
    var start = part.lowerBound
    var i = start
    var last = 0
    while i < part.upperBound {
      let (found, length) = CharacterTable.shared.at(i, in: source)
      let current = kind(found)
      if i > start, current != last {
        if last != 0 { words.append(start..<i) }
        start = i
      }
      last = current
      i += length
    }
    if last != 0 { words.append(start..<part.upperBound) }
  }

  private static func forEachOccurrence(
    of literal: [UInt8], _ source: Span<UInt8>, _ part: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    guard let first = literal.first else { return }
    var i = part.lowerBound
    while i + literal.count <= part.upperBound {
      if source[i] == first, literal.indices.allSatisfy({ source[i + $0] == literal[$0] }) {
        body(i..<i + literal.count)
        i += literal.count
      } else {
        i += 1
      }
    }
  }
}
