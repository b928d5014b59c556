import HoldfastTensor

/// A compiled regular expression over UTF-8.
struct Expression: Sendable, Hashable {
  /// The expression as written.
  let text: String
  /// Its instructions.
  let program: ExpressionProgram

  /// Compiles an expression. Throws `unsupported` naming what is not known.
  init(_ text: String) throws(HoldfastError) {
    self.text = text
    var parser = ExpressionParser(text)
    program = try ExpressionProgram(try parser.parse(), parser)
  }

  static func == (a: Expression, b: Expression) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Calls `body` with every match in `range` from the left, as if nothing lay around the range.
  ///
  /// Throws `unsupported` when the expression goes back and forth over the text beyond all measure.
  func forEachMatch(
    in text: Span<UInt8>, _ range: Range<Int>, _ matcher: inout ExpressionMatcher,
    _ body: (Range<Int>) -> Void
  ) throws(HoldfastError) {
    matcher.begin(program, range)
    var i = range.lowerBound
    var lastEnd = -1
    while i <= range.upperBound {
      guard let start = program.firstStart(i, range.upperBound, text) else { return }
      i = start
      guard let end = matcher.match(program, at: i, in: text) else {
        guard !matcher.isExhausted else { throw tooCostly(range) }
        guard i < range.upperBound else { return }
        i += UTF8Text.length(text[i])
        continue
      }
      if end > i || end != lastEnd { body(i..<end) }
      lastEnd = end
      if end > i {
        i = end
      } else {
        guard i < range.upperBound else { return }
        i += UTF8Text.length(text[i])
      }
    }
  }

  private func tooCostly(_ range: Range<Int>) -> HoldfastError {
    HoldfastError(
      .unsupported,
      "the regular expression \(text) needs more than \(ExpressionMatcher.stepsPerByte) steps a byte for a text of "
        + "\(range.count) bytes; it goes back too often to be used")
  }
}
