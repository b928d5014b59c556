import HoldfastStorage

/// Marks what looks like a special token in what people say, so that it can be told from the template's own.
///
/// The marks are scalars for private use, which go through a template as any other character; where a message contains
/// them, they are taken away.
struct QuotedText {
  private static let opening: Unicode.Scalar = "\u{10FFF0}"
  private static let closing: Unicode.Scalar = "\u{10FFF1}"

  private let matcher: AddedTokenMatcher

  init(_ tokenizer: Tokenizer) {
    matcher = AddedTokenMatcher(
      tokenizer.definition.addedTokens.filter(\.isSpecial).map { ($0.content.bytes, $0) })
  }

  /// The message with marks around what looks like a special token.
  func quoting(_ message: Message) -> Message {
    var quoted = message
    quoted.content = quoting(message.content)
    quoted.input = quoting(message.input)
    return quoted
  }

  private func quoting(_ text: String) -> String {
    let bytes = Array(String(String.UnicodeScalarView(text.unicodeScalars.filter { !Self.isMark($0) })).utf8)
    var result = ""
    for part in matcher.split(bytes.span, parsingSpecial: true) {
      let piece = String(decoding: bytes[part.range], as: UTF8.self)
      result += part.token == nil ? piece : "\(Self.opening)\(piece)\(Self.closing)"
    }
    return result
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool { scalar == opening || scalar == closing }

  /// The parts of a written text, without the marks, and whether each stood between them.
  static func parts(of text: String) -> [(text: String, isQuoted: Bool)] {
    guard text.unicodeScalars.contains(where: isMark) else { return [(text, false)] }
    var parts: [(text: String, isQuoted: Bool)] = []
    var part = String.UnicodeScalarView()
    var isQuoted = false
    for scalar in text.unicodeScalars {
      guard isMark(scalar) else {
        part.append(scalar)
        continue
      }
      if !part.isEmpty { parts.append((String(part), isQuoted)) }
      part = String.UnicodeScalarView()
      isQuoted = scalar == opening
    }
    if !part.isEmpty { parts.append((String(part), isQuoted)) }
    return parts
  }
}
