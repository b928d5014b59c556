import HoldfastStorage
public import HoldfastTensor
public import HoldfastText

/// Conversations to learn from, read from a file of one of five formats.
///
/// A file is JSON Lines (one object a line) or one JSON array of objects; its format is recognised by its keys and must
/// be the same in every row. Keys not named here are passed over.
///
/// | format | row |
/// |---|---|
/// | chat | `{"messages": [{"role": "system" \| "user" \| "assistant", "content": "…"}, …]}` |
/// | ShareGPT | `{"conversations": [{"from": "system" \| "human" \| "gpt", "value": "…"}, …], "system": "…"?}` |
/// | Alpaca | `{"instruction": "…", "input": "…"?, "output": "…", "system": "…"?, "history": [["…", "…"], …]?}` |
/// | group | `{"question": "…", "choices": ["…", …], "output": 0, "explanation": "…"?}` |
/// | pairs | `{"prompt": "…", "response": "…"}`, or `"completion"` for `"response"` |
///
/// A group row is one of the intervention groups of *Learning or Self-aligning?* (arXiv 2402.18243): the prompt is the
/// question, a line `A. {choice}` for each choice and `Answer:`; the response is `{letter}. {choice}` with the
/// explanation on the next line. An `"id"` (a text or a number) names the row; otherwise the file's name and
/// its place in it do: `data.jsonl:12`.
///
/// Nothing is dropped in silence: a row that cannot be read, or has nothing to learn, is an error with file and line.
public struct InstructionData: Sendable {
  /// A conversation and where it comes from.
  public struct Row: Sendable, Equatable {
    /// Names the row in results.
    public var id: String
    /// Where it stands, for messages: `data.jsonl:12`.
    public var place: String
    /// The turns, with at least one of the assistant's.
    public var messages: [Message]

    /// Makes a row and checks its turns.
    ///
    /// Throws `invalidArgument` naming the place when roles are out of order, a message is empty or the assistant says
    /// nothing.
    public init(id: String, place: String, messages: [Message]) throws(HoldfastError) {
      self.id = id
      self.place = place
      self.messages = messages
      do throws(HoldfastError) {
        try Message.checkOrder(messages)
      } catch {
        throw error.at(place)
      }
      for (i, message) in messages.enumerated() where message.content.isEmpty && message.input.isEmpty {
        throw HoldfastError(
          .invalidArgument, "\(place): message \(i + 1), of role '\(message.role.rawValue)', is empty")
      }
      guard messages.contains(where: { $0.role == .assistant }) else {
        throw HoldfastError(
          .invalidArgument, "\(place): the assistant says nothing, so there is nothing to learn")
      }
    }
  }

  /// The file, or whatever else the rows come from.
  public let source: String
  /// The format of the file; `nil` for rows made in memory.
  public let format: Format?
  /// The conversations, in the order of the file.
  public let rows: [Row]

  /// Takes rows made in memory. Throws `invalidArgument` when there are none.
  public init(rows: [Row], source: String) throws(HoldfastError) {
    guard !rows.isEmpty else { throw HoldfastError(.invalidArgument, "\(source): there are no rows") }
    self.source = source
    self.rows = rows
    format = nil
  }

  /// Reads a file.
  ///
  /// Throws `notFound` or `io` when it cannot be opened, `corruptData` naming file and line when it is not JSON or a
  /// value is not what it must be, `invalidArgument` for rows of no known format or of mixed formats, without rows, or
  /// with turns in a wrong order.
  public init(path: String) throws(HoldfastError) {
    let file = try MappedFile(path: path)
    let lines = try file.withBytes { bytes throws(HoldfastError) in try RowReader(bytes, name: path).rows() }
    try self.init(lines, source: path)
  }

  /// Reads a text in memory, as `init(path:)` reads a file; `source` is named in messages.
  public init(json text: String, source: String) throws(HoldfastError) {
    let bytes = Array(text.utf8)
    let lines = try bytes.span.withUnsafeBytes { buffer throws(HoldfastError) in
      try RowReader(buffer, name: source).rows()
    }
    try self.init(lines, source: source)
  }

  private init(_ nodes: [JSONNode], source: String) throws(HoldfastError) {
    guard let first = nodes.first else {
      throw HoldfastError(
        .invalidArgument, "\(source): there are no rows; known formats are \(Format.descriptions)")
    }
    let format = try Format.of(first)
    var rows: [Row] = []
    rows.reserveCapacity(nodes.count)
    for node in nodes {
      let own = try Format.of(node)
      guard own == format else {
        throw HoldfastError(
          .invalidArgument,
          "\(node.document): this row is of format \(own.rawValue), and the rows before it are of format "
            + "\(format.rawValue); a file must keep to one")
      }
      rows.append(
        try Row(id: try Self.id(node), place: node.document, messages: try format.messages(node)))
    }
    self.source = source
    self.format = format
    self.rows = rows
  }

  private static func id(_ node: JSONNode) throws(HoldfastError) -> String {
    guard let id = try node.optional("id") else {
      // Not the directory, so that a study goes on when its files have moved.
      return node.document.split(separator: "/").last.map(String.init) ?? node.document
    }
    if let number = id.json.intValue { return String(number) }
    guard id.json.stringValue != nil else { throw id.mismatch("a text or a whole number") }
    return try id.text()
  }
}
