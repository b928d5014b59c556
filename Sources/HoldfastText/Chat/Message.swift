public import HoldfastTensor

/// One turn of a conversation.
public struct Message: Sendable, Hashable {
  /// Who speaks.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Sets the scene; at most once, at the beginning.
    case system
    /// Asks.
    case user
    /// Answers; what is trained on.
    case assistant
  }

  /// Who speaks.
  public var role: Role
  /// What is said.
  public var content: String
  /// Material that an instruction works on (the `input` of Alpaca data); most templates put it on a line of its own.
  public var input: String

  /// Makes a turn.
  public init(_ role: Role, _ content: String, input: String = "") {
    self.role = role
    self.content = content
    self.input = input
  }

  /// The content, with the input on the line behind it.
  var text: String { input.isEmpty ? content : content + "\n" + input }

  /// Throws `invalidArgument` naming the first message whose role may not stand there: a conversation is a system
  /// message or none, then user and assistant in turns.
  public static func checkOrder(_ messages: [Message]) throws(HoldfastError) {
    var expected = Role.user
    for (place, message) in messages.enumerated() {
      if place == 0, message.role == .system { continue }
      guard message.role == expected else {
        throw HoldfastError(
          .invalidArgument,
          "message \(place + 1) is of role '\(message.role.rawValue)' where '\(expected.rawValue)' must come; "
            + "roles follow: system (or none), then user and assistant in turns")
      }
      expected = expected == .user ? .assistant : .user
    }
    guard messages.contains(where: { $0.role == .user }) else {
      throw HoldfastError(.invalidArgument, "a conversation needs a message of the user")
    }
  }
}
