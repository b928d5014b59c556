import HoldfastStorage
import HoldfastTensor

/// Writes conversations with one template for one tokenizer, and finds what the assistant says in them.
struct ConversationWriter {
  private let template: JinjaTemplate
  private let templateName: String
  private let tokenizer: Tokenizer?
  private let variables: [ByteString: JinjaValue]
  private let isKnown: Bool

  init(_ template: ChatTemplate, _ tokenizer: Tokenizer?, addsBOS: Bool) throws(HoldfastError) {
    self.template = try template.program.get()
    self.tokenizer = tokenizer
    templateName = template.name
    isKnown = template.isKnown
    // As transformers has it: no tools and no documents, and the tokens that the tokenizer has.
    var variables: [ByteString: JinjaValue] = ["tools": .none, "documents": .none]
    let special: [(ByteString, Int32?)] = [
      ("bos_token", tokenizer?.bosToken), ("eos_token", tokenizer?.eosToken),
      ("unk_token", tokenizer?.definition.unknown),
    ]
    for (name, id) in special {
      if let text = tokenizer?.text(of: id) { variables[name] = .string(text) }
    }
    if template.isKnown {
      if !addsBOS || variables["bos_token"] == nil { variables["bos_token"] = .string("") }
      if variables["eos_token"] == nil { variables["eos_token"] = .string("") }
    }
    self.variables = variables
  }

  /// Writes a conversation; `addsPrompt` goes on to where the assistant is to speak.
  func write(_ messages: some Sequence<Message>, addsPrompt: Bool) throws(HoldfastError)
    -> JinjaTemplate.Rendering
  {
    var variables = variables
    variables["messages"] = .list(messages.map(value))
    variables["add_generation_prompt"] = .bool(addsPrompt)
    return try template.render(variables)
  }

  private func value(_ message: Message) -> JinjaValue {
    var members = JinjaDictionary()
    members.set("role", .string(ByteString(message.role.rawValue)))
    members.set("content", .string(ByteString(message.text)))
    if isKnown {
      members.set("instruction", .string(ByteString(message.content)))
      members.set("input", .string(ByteString(message.input)))
    }
    return .dictionary(members)
  }

  /// Where the assistant's answers stand in `whole`, for a template that does not mark them.
  ///
  /// An answer begins where the prompt before it ends. It ends where the text stops being the same whether or not the
  /// conversation goes on, and there with the special token that closes the turn. When not all can be found it is the last
  /// one alone; when that cannot be found either, none, or an error if it is required.
  func answers(
    of messages: [Message], in whole: ByteString, isRequired: Bool
  ) throws(HoldfastError) -> [Range<Int>] {
    var spans: [Range<Int>?] = []
    for place in messages.indices where messages[place].role == .assistant {
      spans.append(try answer(at: place, of: messages, in: whole))
    }
    let found = spans.compactMap(\.self)
    let areInOrder = zip(found, found.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    if found.count == spans.count, areInOrder { return found }
    guard isRequired else { return [] }
    guard let last = spans.last, let last else {
      throw HoldfastError(
        .invalidArgument,
        "\(templateName): the prompt it writes for a new answer is not what stands before the answer in the whole "
          + "conversation, so that a model trained on it would see another prompt later; use another template"
      )
    }
    return [last]
  }

  private func answer(
    at place: Int, of messages: [Message], in whole: ByteString
  ) throws(HoldfastError) -> Range<Int>? {
    let prompt: ByteString
    do throws(HoldfastError) {
      prompt = try write(messages[..<place], addsPrompt: true).text
    } catch {
      // A template may refuse the beginning of a conversation that it accepts as a whole.
      return nil
    }
    guard whole.hasPrefix(prompt) else { return nil }
    let answered = messages[...place]
    var end = whole.count
    for addsPrompt in [false, true] {
      guard let text = (try? write(answered, addsPrompt: addsPrompt))?.text else { continue }
      end = min(end, Self.commonPrefix(whole, text))
    }
    guard end >= prompt.count else { return nil }
    return prompt.count..<closing(prompt.count..<end, in: whole)
  }

  private static func commonPrefix(_ a: ByteString, _ b: ByteString) -> Int {
    var count = 0
    while count < min(a.count, b.count), a.bytes[count] == b.bytes[count] { count += 1 }
    while count > 0, count < a.count, a.bytes[count] & 0xC0 == 0x80 { count -= 1 }
    return count
  }

  /// The end of an answer: never inside a special token, and right behind one when only space follows it.
  private func closing(_ range: Range<Int>, in whole: ByteString) -> Int {
    let special = tokenizer?.definition.addedTokens.filter(\.isSpecial).map(\.content) ?? []
    var end = range.upperBound
    for token in special where !token.isEmpty {
      for start in max(range.lowerBound, range.upperBound - token.count + 1)..<range.upperBound
      where whole.bytes[start...].starts(with: token.bytes) {
        end = min(end, start)
      }
    }
    let answer = PythonText.strip(ByteString(whole.bytes[range.lowerBound..<end]), left: false)
    return special.contains(where: answer.hasSuffix) ? range.lowerBound + answer.count : end
  }
}
