import HoldfastStorage
public import HoldfastTensor

/// How a conversation is written for a model: a Jinja template, the model's own or a known one.
///
/// Known by name are
///
/// | name | one turn |
/// |---|---|
/// | `vicuna` | `{system} USER: {user} ASSISTANT: {assistant}` EOS, as Vicuna v1.1 |
/// | `chatml` | `<\|im_start\|>user⏎{user}<\|im_end\|>⏎<\|im_start\|>assistant⏎{assistant}<\|im_end\|>` |
/// | `smollm2` | `chatml` with SmolLM2's system message when the conversation has none |
/// | `alpaca` | `{preamble}⏎⏎### Instruction:⏎{user}⏎⏎### Response:⏎{assistant}` EOS |
/// | `llama-2` | BOS `[INST] {user} [/INST]` then ` {assistant} ` EOS |
/// | `llama-3` | `<\|start_header_id\|>user<\|end_header_id\|>⏎⏎{user}<\|eot_id\|>` and so on |
/// | `mistral` | `[INST] {user} [/INST]` then ` {assistant}` EOS |
/// | `zephyr` | `<\|user\|>⏎{user}` EOS `⏎<\|assistant\|>⏎{assistant}` EOS |
/// | `gemma` | `<start_of_turn>user⏎{user}<end_of_turn>⏎<start_of_turn>model⏎{assistant}<end_of_turn>` |
/// | `phi-3` | `<\|user\|>⏎{user}<\|end\|>⏎<\|assistant\|>⏎{assistant}<\|end\|>` |
/// | `none` | `{user}{assistant}` EOS |
public struct ChatTemplate: Sendable {
  /// What it is called: a known name, `auto` for the model's own, or a path.
  public let name: String
  /// The template, in Jinja.
  public let jinja: String
  /// The tokens without which a known template makes no sense; `nil` for a template from a model or a file.
  let markers: [String]?
  /// The template ready to be rendered; only a known one could fail here, and a test renders them all.
  let program: Result<JinjaTemplate, HoldfastError>

  /// Whether it is one of `knownNames`.
  var isKnown: Bool { markers != nil }

  /// Reads a template; `name` stands for it in messages.
  ///
  /// Throws `corruptData` naming the line where it is not Jinja, `unsupported` naming a statement that is not known.
  public init(jinja: String, name: String) throws(HoldfastError) {
    self.name = name
    self.jinja = jinja
    markers = nil
    program = .success(try JinjaTemplate(jinja, name: name))
  }

  init(known name: String, markers: [String] = [], _ jinja: String) {
    self.name = name
    self.jinja = jinja
    self.markers = markers
    do throws(HoldfastError) {
      program = .success(try JinjaTemplate(jinja, name: "template '\(name)'"))
    } catch {
      program = .failure(error)
    }
  }

  /// The known template of this name. Throws `invalidArgument` listing the names there are.
  public static func named(_ name: String) throws(HoldfastError) -> ChatTemplate {
    guard let template = known.first(where: { $0.name == name }) else {
      throw HoldfastError(
        .invalidArgument,
        "there is no chat template '\(name)'; known are \(knownNames.joined(separator: ", ")), auto for the model's "
          + "own, and the path of a .jinja file")
    }
    return template
  }

  /// The template that a user asks for: a known name, `auto` for the one the model's files hold, or the path of a file
  /// with a template (`.jinja`, or JSON with the member `chat_template`).
  ///
  /// Throws `invalidArgument` for an unknown name, `notFound` when the model has no template or there is no such file,
  /// and as `init(jinja:name:)`.
  public static func resolve(_ choice: String, for tokenizer: Tokenizer) throws(HoldfastError) -> ChatTemplate
  {
    if choice == "auto" || choice == "model" {
      guard let jinja = tokenizer.chatTemplate else {
        throw HoldfastError(
          .notFound,
          "the model's files hold no chat template; choose one of \(knownNames.joined(separator: ", ")), or the path "
            + "of a .jinja file")
      }
      return try ChatTemplate(jinja: jinja, name: "the model's chat template")
    }
    guard choice.contains("/") || choice.hasSuffix(".jinja") || choice.hasSuffix(".json") else {
      return try named(choice)
    }
    return try ChatTemplate(path: choice)
  }

  /// Reads the template in a file: Jinja, or JSON with the member `chat_template`.
  public init(path: String) throws(HoldfastError) {
    try self.init(jinja: try Self.text(inFile: path), name: path)
  }

  private static func text(inFile path: String) throws(HoldfastError) -> String {
    guard path.hasSuffix(".json") else {
      let file = try MappedFile(path: path)
      guard let text = file.withBytes({ ByteString($0).validText }) else {
        throw HoldfastError(.corruptData, "\(path): the template is not UTF-8")
      }
      return text
    }
    guard let text = try template(in: JSONNode(try JSON.read(path), document: path)) else {
      throw HoldfastError(
        .notFound, "\(path): there is no member 'chat_template' with a template named 'default'")
    }
    return text
  }

  /// The template that `chat_template` of a Hugging Face document holds: a text, or of several the one named `default`.
  static func template(in document: JSONNode) throws(HoldfastError) -> String? {
    guard let node = try document.optional("chat_template") else { return nil }
    if node.json.stringValue != nil { return try node.text() }
    if node.json.objectValue != nil { return try node.optional("default")?.text() }
    for entry in try node.elements() where try entry.member("name").text() == "default" {
      return try entry.member("template").text()
    }
    return nil
  }
}

extension ChatTemplate: Hashable {
  /// Whether both have the same name and text.
  public static func == (a: ChatTemplate, b: ChatTemplate) -> Bool {
    a.name == b.name && a.jinja.utf8.elementsEqual(b.jinja.utf8)
  }

  /// Feeds name and text to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(jinja)
  }
}
