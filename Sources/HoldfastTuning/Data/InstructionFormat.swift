import HoldfastStorage
import HoldfastTensor
import HoldfastText

extension InstructionData {
  /// How a file writes its conversations.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// `{"messages": [{"role", "content"}]}`
    case chat
    /// `{"conversations": [{"from", "value"}]}`
    case shareGPT = "sharegpt"
    /// `{"instruction", "input", "output"}`
    case alpaca
    /// `{"question", "choices", "output", "explanation"}`
    case group
    /// `{"prompt", "response"}` or `{"prompt", "completion"}`
    case pairs

    /// The keys by which a row is recognised; of several formats that fit, the first of the list counts.
    private var keys: [[ByteString]] {
      switch self {
      case .chat: [["messages"]]
      case .shareGPT: [["conversations"]]
      case .alpaca: [["instruction", "output"]]
      case .group: [["question", "choices", "output"]]
      case .pairs: [["prompt", "response"], ["prompt", "completion"]]
      }
    }

    static var descriptions: String {
      allCases.map { format in
        let keys = format.keys.map { $0.map(\.text).joined(separator: ", ") }.joined(separator: " or ")
        return "\(format.rawValue) (\(keys))"
      }.joined(separator: "; ")
    }

    /// The format of a row. Throws `invalidArgument` with the keys found and the formats known.
    static func of(_ node: JSONNode) throws(HoldfastError) -> Format {
      let members = try node.members()
      let found = Set(members.map(\.key))
      if let format = allCases.first(where: { $0.keys.contains { found.isSuperset(of: $0) } }) {
        return format
      }
      throw HoldfastError(
        .invalidArgument,
        "\(node.document): a row with the keys \(members.map(\.key.text).joined(separator: ", ")) "
          + "is of no known format; known are \(descriptions)")
    }

    /// The turns of a row of this format.
    func messages(_ node: JSONNode) throws(HoldfastError) -> [Message] {
      switch self {
      case .chat: return try Self.turns(try node.member("messages"), role: "role", content: "content")
      case .shareGPT:
        return try Self.system(node)
          + Self.turns(try node.member("conversations"), role: "from", content: "value")
      case .alpaca: return try Self.alpaca(node)
      case .group: return try GroupRow(node).messages
      case .pairs:
        let key: ByteString = try node.optional("response") == nil ? "completion" : "response"
        return [
          Message(.user, try node.member("prompt").text()),
          Message(.assistant, try node.member(key).text()),
        ]
      }
    }
  }
}

extension InstructionData.Format {
  /// What the formats call the three roles.
  private static let roles: [(name: ByteString, role: Message.Role)] = [
    ("system", .system), ("user", .user), ("assistant", .assistant), ("human", .user), ("gpt", .assistant),
  ]

  private static func turns(
    _ node: JSONNode, role roleKey: ByteString, content: ByteString
  ) throws(HoldfastError) -> [Message] {
    var messages: [Message] = []
    for turn in try node.elements() {
      let name = try turn.member(roleKey)
      let text = try name.string()
      guard let role = roles.first(where: { $0.name == text })?.role else {
        throw name.wrong("is '\(text)'; known are \(roles.map(\.name.text).joined(separator: ", "))")
      }
      messages.append(Message(role, try turn.member(content).text()))
    }
    return messages
  }

  private static func system(_ node: JSONNode) throws(HoldfastError) -> [Message] {
    guard let text = try node.optional("system")?.text(), !text.isEmpty else { return [] }
    return [Message(.system, text)]
  }

  private static func alpaca(_ node: JSONNode) throws(HoldfastError) -> [Message] {
    var messages = try system(node)
    for turn in try node.optional("history")?.elements() ?? [] {
      let pair = try turn.elements()
      guard pair.count == 2 else { throw turn.wrong("must be a question and its answer") }
      messages += [Message(.user, try pair[0].text()), Message(.assistant, try pair[1].text())]
    }
    let input = try node.optional("input")?.text() ?? ""
    messages.append(Message(.user, try node.member("instruction").text(), input: input))
    messages.append(Message(.assistant, try node.member("output").text()))
    return messages
  }
}
