public import HoldfastStorage
public import HoldfastTensor

/// A plain text to capture activations of.
public struct CaptureText: Sendable, Equatable {
  /// What the text is.
  public enum Content: Sendable, Equatable {
    /// Characters, to be tokenised.
    case text(String)
    /// Tokens.
    case tokens([Int32])
  }

  /// What names it in the file; its number from 0 when there is none.
  public var id: String?
  /// What the text is.
  public var content: Content

  /// Makes a text.
  public init(_ content: Content, id: String? = nil) {
    self.content = content
    self.id = id
  }

  /// Reads a text: a string, a list of tokens, or an object with `text` or `tokens`, and maybe an `id`.
  public init(_ node: JSONNode) throws(HoldfastError) {
    var content = node
    if node.json.objectValue != nil {
      for (key, value) in try node.members() where !["id", "text", "tokens"].contains(key) {
        throw value.wrong("is not part of a text; it has 'text' or 'tokens', and maybe an 'id'")
      }
      if let name = try node.optional("id") {
        let number = name.json.intValue.map { "\($0)" }
        id = if let number { number } else { try name.text() }
      }
      guard (node.json["text"] == nil) != (node.json["tokens"] == nil) else {
        throw node.wrong("must have either 'text' or 'tokens'")
      }
      content = try node.member(node.json["text"] == nil ? "tokens" : "text")
    }
    if content.json.stringValue != nil {
      self.content = .text(try content.text())
    } else {
      self.content = .tokens(
        try content.elements().map { token throws(HoldfastError) in try token.int32() })
    }
  }

  /// Reads a file of texts, one JSON value a line.
  public static func read(_ path: String) throws(HoldfastError) -> [CaptureText] {
    var texts: [CaptureText] = []
    try JSONLines(path: path).forEach { node, _ throws(HoldfastError) in texts.append(try CaptureText(node)) }
    guard !texts.isEmpty else {
      throw HoldfastError(
        .invalidArgument, "\(path): there are no texts in it; write one a line, such as \"Gravity is\"")
    }
    return texts
  }
}
