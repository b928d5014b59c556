/// A text reduced to what makes it the same question: for finding duplicates, never for prompts.
///
/// Lower case (Unicode's full mapping), curly quotes and long dashes made plain, each run of white space one space,
/// white space and punctuation trimmed at both ends. Equality is canonical equivalence, so composed and decomposed
/// accents are the same; that is why this is a `String` and not bytes.
public struct NormalizedText: Hashable, Sendable {
  /// The reduced text.
  public let text: String

  /// Reduces a text.
  public init(_ original: String) {
    var scalars = String.UnicodeScalarView()
    for scalar in original.lowercased().unicodeScalars {
      if scalar.properties.isWhitespace {
        if scalars.last != " " { scalars.append(" ") }
      } else {
        scalars.append(Self.plain(scalar))
      }
    }
    let trimmed = Self.trim(scalars) { $0 == " " || Self.isPunctuation($0) }
    text = String(trimmed.isEmpty ? Self.trim(scalars) { $0 == " " } : trimmed)
  }

  private static func trim(
    _ scalars: String.UnicodeScalarView, _ drop: (Unicode.Scalar) -> Bool
  ) -> Substring.UnicodeScalarView {
    let front = scalars.drop(while: drop)
    guard let last = front.lastIndex(where: { !drop($0) }) else { return front }
    return front[...last]
  }

  private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{2018}", "\u{2019}": "'"
    case "\u{201C}", "\u{201D}": "\""
    case "\u{2010}"..."\u{2015}", "\u{2212}": "-"
    default: scalar
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }
}
