import HoldfastStorage
import HoldfastTensor

/// A change made to the text between added tokens before it is cut.
enum NormalizationStep: Sendable, Hashable {
  /// Puts a text before a text that is not empty.
  case prepend(ByteString)
  /// Replaces every occurrence of the first text with the second.
  case replace(ByteString, ByteString)
  /// Replaces every match of an expression with a text.
  case replaceMatches(Expression, ByteString)
  /// A Unicode normalisation form.
  case form(NormalizationForm)
  /// Takes white space away at the ends.
  case strip(left: Bool, right: Bool)
  /// Lower case, scalar by scalar.
  case lowercase
  /// A stored map from characters to texts, applied as Hugging Face does.
  case charactersMap(CharactersMap)
  /// All that SentencePiece does to a text.
  case sentencePiece(SentencePieceNormalizer)

  /// The text after this step.
  func apply(_ text: [UInt8]) throws(HoldfastError) -> [UInt8] {
    switch self {
    case .prepend(let prefix): return text.isEmpty ? text : prefix.bytes + text
    case .replace(let old, let new): return Self.replace(old.bytes, new.bytes, in: text)
    case .replaceMatches(let expression, let new): return try Self.replace(expression, new.bytes, in: text)
    case .form(let form): return form.apply(text)
    case .strip(let left, let right): return Self.strip(text, left, right)
    case .lowercase:
      return Array(
        String(decoding: text, as: UTF8.self).unicodeScalars.map(\.properties.lowercaseMapping).joined().utf8)
    case .charactersMap(let map): return map.applyByGrapheme(text)
    case .sentencePiece(let normalizer): return normalizer.apply(text)
    }
  }

  /// How many times as long it can make a text, and how many bytes it can add beyond that.
  var growth: (factor: Int, bytes: Int) {
    switch self {
    case .prepend(let text): (1, text.count)
    case .replace(let old, let new): (max(1, (new.count + old.count - 1) / max(1, old.count)), 0)
    case .replaceMatches(_, let new): (max(1, new.count + 1), 0)
    // The longest decomposition, of U+FDFA, has 18 scalars for one.
    case .form, .lowercase: (18, 0)
    case .strip: (1, 0)
    case .charactersMap(let map): (map.growth, 0)
    case .sentencePiece(let normalizer): (3 * (normalizer.map?.growth ?? 1), 3)
    }
  }

  /// Replaces every occurrence of `old` with `new`.
  static func replace(_ old: [UInt8], _ new: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard let first = old.first else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4)
    let (source, pattern) = (text.span, old.span)
    var i = 0
    var copied = 0
    while i + pattern.count <= source.count {
      var k = 0
      if source[i] == first {
        k = 1
        while k < pattern.count, source[i + k] == pattern[k] { k += 1 }
      }
      if k == pattern.count {
        result += text[copied..<i]
        result += new
        i += k
        copied = i
      } else {
        i += 1
      }
    }
    result += text[copied...]
    return result
  }

  private static func replace(
    _ expression: Expression, _ new: [UInt8], in text: [UInt8]
  ) throws(HoldfastError) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    var matcher = ExpressionMatcher()
    try expression.forEachMatch(in: text.span, 0..<text.count, &matcher) { match in
      result += text[copied..<match.lowerBound]
      result += new
      copied = match.upperBound
    }
    return result + text[copied...]
  }

  private static func strip(_ text: [UInt8], _ left: Bool, _ right: Bool) -> [UInt8] {
    let source = text.span
    let table = CharacterTable.shared
    var (start, end) = (0, text.count)
    while left, start < end {
      let (kind, length) = table.at(start, in: source)
      guard kind.contains(.space) else { break }
      start += length
    }
    while right, end > start {
      let last = UTF8Text.start(before: end, in: source)
      guard table.at(last, in: source).kind.contains(.space) else { break }
      end = last
    }
    return Array(text[start..<end])
  }
}
