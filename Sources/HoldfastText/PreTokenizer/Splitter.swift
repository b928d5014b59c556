/// Turns the matches of a step into parts, as Hugging Face `tokenizers` does for each behaviour.
struct Splitter {
  private let split: PreTokenizer.Split
  private let part: Range<Int>
  /// Where what has been seen ends.
  private var seen: Int
  /// The part that may still grow, and whether its last piece was a match.
  private var open: Range<Int>?
  private var endsWithMatch = false

  /// Makes a splitter of `part`.
  init(_ split: PreTokenizer.Split, _ part: Range<Int>) {
    self.split = split
    self.part = part
    seen = part.lowerBound
  }

  /// Takes the next match, which lies behind the ones before.
  mutating func match(_ range: Range<Int>, _ parts: inout [Range<Int>]) {
    if seen < range.lowerBound { piece(seen..<range.lowerBound, split.isInverted, &parts) }
    piece(range, !split.isInverted, &parts)
    seen = range.upperBound
  }

  /// Takes what lies behind the last match.
  mutating func finish(_ parts: inout [Range<Int>]) {
    if seen < part.upperBound { piece(seen..<part.upperBound, split.isInverted, &parts) }
    if let open, !open.isEmpty { parts.append(open) }
  }

  private mutating func piece(_ range: Range<Int>, _ isMatch: Bool, _ parts: inout [Range<Int>]) {
    let joins: Bool
    switch split.behavior {
    case .removed:
      if !isMatch, !range.isEmpty { parts.append(range) }
      return
    case .isolated:
      if !range.isEmpty { parts.append(range) }
      return
    case .contiguous: joins = isMatch == endsWithMatch
    case .mergedWithPrevious: joins = isMatch && !endsWithMatch
    case .mergedWithNext: joins = !isMatch && endsWithMatch
    }
    if let previous = open {
      if joins {
        open = previous.lowerBound..<range.upperBound
      } else {
        if !previous.isEmpty { parts.append(previous) }
        open = range
      }
    } else {
      open = range
    }
    endsWithMatch = isMatch
  }
}
