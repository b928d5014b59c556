import HoldfastStorage

/// What a template's text is cut into: data between tags, and the words inside them.
struct JinjaToken: Sendable {
  enum Kind: Sendable, Equatable {
    /// Text that is written as it stands.
    case data(ByteString)
    case variableBegin, variableEnd, blockBegin, blockEnd
    case name(ByteString)
    case string(ByteString)
    case integer(Int)
    case float(Double)
    /// One of `JinjaLexer.operators`.
    case symbol(ByteString)
    case end
  }

  var kind: Kind
  /// The line it begins on, counted from 1.
  var line: Int

  /// The token in words, for messages.
  var description: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string(let text): "the string '\(text)'"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the template"
    }
  }
}
