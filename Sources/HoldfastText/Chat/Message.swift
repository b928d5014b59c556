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
}
