import HoldfastStorage
import HoldfastTensor

/// One row of a question file on its way to becoming a `Question`.
struct QuestionRow {
  let node: JSONNode
  let line: Int

  init(_ node: JSONNode, line: Int) {
    self.node = node
    self.line = line
  }

  /// The question, not yet validated.
  func question() throws(HoldfastError) -> Question {
    let answer = try answer()
    var choices: [String] = []
    for element in try node.member("choices").elements() { choices.append(try element.text()) }
    var question = Question(
      id: try id(), question: "", choices: choices, answer: answer,
      explanation: try node.optional("explanation")?.text(), context: try node.optional("context")?.text(),
      subject: try node.optional("subject")?.text())
    let query = try node.optional("query")
    if let query, areLetters(choices) {
      (question.question, question.choices) = try ListedQuery(try query.text(), choices, query).parts()
    } else if let text = try node.optional("question") {
      question.question = try text.text()
    } else if query != nil {
      throw node.wrong(
        "has a 'query' whose 'choices' are not the letters A, B, …; give 'question' and the choices' texts")
    } else {
      throw node.wrong("has no 'question'; give the question's text")
    }
    return question
  }

  private func id() throws(HoldfastError) -> String {
    guard let id = try node.optional("id") else { return String(line) }
    if let number = id.json.intValue { return String(number) }
    guard let text = id.json.textValue else { throw id.mismatch("a text or a whole number") }
    return text
  }

  private func answer() throws(HoldfastError) -> Int? {
    let answer = try node.optional("answer")
    let gold = try node.optional("gold")
    if let answer, let gold, answer.json != gold.json {
      throw node.wrong("'answer' and 'gold' differ; keep one of them")
    }
    guard let given = answer ?? gold else { return nil }
    guard let index = given.json.intValue else {
      throw given.mismatch("the index of the right choice, counted from 0")
    }
    return index
  }

  /// Choices that are nothing but the letters A, B, … are labels whose texts stand elsewhere.
  private func areLetters(_ choices: [String]) -> Bool {
    !choices.isEmpty && choices.count <= Question.choiceLimit
      && choices.enumerated().allSatisfy { $0.element == Question.letter($0.offset) }
  }
}

/// A question and its choices in one text: `Question: …\n A. …\n B. …\nAnswer:`.
struct ListedQuery {
  let text: String
  let labels: [String]
  let node: JSONNode

  init(_ text: String, _ labels: [String], _ node: JSONNode) {
    self.text = text
    self.labels = labels
    self.node = node
  }

  /// The question and the texts of the choices.
  func parts() throws(HoldfastError) -> (question: String, choices: [String]) {
    var rest = Array(text.utf8)[...]
    guard drop("Question:", from: &rest), dropLast("\nAnswer:", from: &rest) else {
      throw node.wrong(
        "must begin with 'Question:' and end with a line 'Answer:'; or give 'question' and 'choices'")
    }
    var pieces: [String] = []
    for label in labels {
      let mark = Array("\n \(label). ".utf8)
      let places = occurrences(of: mark, in: rest)
      guard let place = places.first else {
        throw node.wrong("has no line ' \(label). …' for choice \(label)")
      }
      guard places.count == 1 else {
        throw node.wrong(
          "has several lines ' \(label). …', so its choices are ambiguous; give 'question' and 'choices'")
      }
      pieces.append(trimmed(rest[rest.startIndex..<place]))
      rest = rest[(place + mark.count)...]
    }
    pieces.append(trimmed(rest))
    return (pieces.removeFirst(), pieces)
  }

  private func drop(_ prefix: String, from bytes: inout ArraySlice<UInt8>) -> Bool {
    guard bytes.starts(with: prefix.utf8) else { return false }
    bytes = bytes.dropFirst(prefix.utf8.count)
    return true
  }

  private func dropLast(_ suffix: String, from bytes: inout ArraySlice<UInt8>) -> Bool {
    guard bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return false }
    bytes = bytes.dropLast(suffix.utf8.count)
    return true
  }

  private func occurrences(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.indices.filter { bytes[$0...].starts(with: mark) }
  }

  private func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    let front = bytes.drop(while: isSpace)
    let end = front.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? front.startIndex
    return String(decoding: front[front.startIndex..<end], as: UTF8.self)
  }
}
