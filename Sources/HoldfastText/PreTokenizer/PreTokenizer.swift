/// How a text is cut into words before byte pairs are merged within each.
///
/// The rules are applied one inside the other: first numbers are cut out, then a space may be put before each part,
/// then a pattern cuts the part. The patterns are those of the published regular expressions, written as scanners.
struct PreTokenizer: Sendable, Hashable {
  /// What happens to numbers before the pattern is applied.
  enum Digits: String, Sendable, CaseIterable {
    /// Nothing.
    case untouched
    /// Every digit is a part of its own (Hugging Face `Digits` with `individual_digits`).
    case individual
    /// Every run of digits is a part of its own.
    case runs
  }

  /// What is done to numbers first.
  var digits = Digits.untouched
  /// Whether a part that does not begin with a space gets one (`add_prefix_space`).
  var addsPrefixSpace = false
  /// The pattern that cuts each part.
  var pattern = Pattern.whole

  /// Appends the ends of the words of `range` to `ends`; the first begins where `range` does, and they cover it.
  func cut(_ text: Span<UInt8>, _ range: Range<Int>, into ends: inout [Int]) {
    let table = CharacterTable.shared
    if digits == .untouched {
      pattern.cut(text, range, table, into: &ends)
      return
    }
    forEachPart(of: text, range, table) { part, isNumber in
      if isNumber, digits == .individual {
        ends.append(part.upperBound)
      } else {
        pattern.cut(text, part, table, into: &ends)
      }
    }
  }

  /// Cuts as `cut`, of a copy of the text in which every part that does not begin with a space has one put before it.
  func cutWithPrefixSpace(_ text: Span<UInt8>, _ range: Range<Int>) -> (text: [UInt8], ends: [Int]) {
    let table = CharacterTable.shared
    var copy: [UInt8] = []
    var ends: [Int] = []
    forEachPart(of: text, range, table) { part, _ in
      let start = copy.count
      if text[part.lowerBound] != UInt8(ascii: " ") { copy.append(UInt8(ascii: " ")) }
      for i in part { copy.append(text[i]) }
      pattern.cut(copy.span, start..<copy.count, table, into: &ends)
    }
    return (copy, ends)
  }

  /// Calls `body` with the parts that the digit rule makes, in order.
  private func forEachPart(
    of text: Span<UInt8>, _ range: Range<Int>, _ table: CharacterTable, _ body: (Range<Int>, Bool) -> Void
  ) {
    var start = range.lowerBound
    var i = start
    var inNumber = false
    while digits != .untouched, i < range.upperBound {
      let (kind, length) = table.at(i, in: text)
      let isNumber = kind.contains(.digit)
      if i > start, isNumber != inNumber || (isNumber && digits == .individual) {
        body(start..<i, inNumber)
        start = i
      }
      inNumber = isNumber
      i += length
    }
    if start < range.upperBound { body(start..<range.upperBound, inNumber) }
  }
}
