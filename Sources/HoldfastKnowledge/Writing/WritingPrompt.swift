/// What a model is asked to write, after one demonstration between fences (URIAL, arXiv 2312.01552).
enum WritingPrompt {
  /// Why a choice is the answer.
  static func explanation(_ question: Question, of label: Int) -> String {
    prompt(
      "Below is a multiple-choice question and its answer. Explain in a few sentences why it is the answer.\n\n"
        + listed(question) + "\n\nThe answer is \(lettered(question, label))",
      like:
        "Below is a multiple-choice question and its answer. Explain in a few sentences why it is the answer.\n\n"
        + "Which of these is a mammal?\nA. trout\nB. bat\nC. crow\n\nThe answer is B. bat",
      answered:
        "The answer is B. bat. Mammals feed their young with milk and have hair, and so do bats. Trouts are fish "
        + "and crows are birds, so neither of them is a mammal.")
  }

  /// The knowledge that a question needs, without its answer.
  static func context(_ question: Question) -> String {
    let task = "Write down the facts that are needed to answer the question below, without answering it.\n\n"
    return prompt(
      task + listed(question), like: task + "Which of these is a mammal?\nA. trout\nB. bat\nC. crow",
      answered:
        "Mammals are animals that have hair and feed their young with milk. Bats have hair and feed their young "
        + "with milk. Trouts are fish, and crows are birds that lay eggs.")
  }

  /// The right answer and its explanation in the model's own words.
  static func rewriting(_ question: Question, _ label: Int) -> String {
    let task =
      "Below are a question and a reference answer. Answer the question in your own words, guided by the "
      + "reference.\n\n"
    let reference = ([lettered(question, label)] + [question.explanation].compactMap { $0 }).joined(
      separator: "\n")
    return prompt(
      task + listed(question) + "\n\nReference: " + reference,
      like: task
        + "Which of these is a mammal?\nA. trout\nB. bat\nC. crow\n\nReference: B. bat\nBats nurse their young.",
      answered: "The answer is B. bat. Bats nurse their young with milk, as all mammals do.")
  }

  /// The query behind one that was answered; the answer's fence is open.
  private static func prompt(_ query: String, like example: String, answered answer: String) -> String {
    let fence = FencedBlock.fence
    return """
      # Instruction

      Below is a conversation between a user and an assistant who answers truthfully and briefly. Every query and every \
      answer stands between fences.

      # Query:
      \(fence)
      \(example)
      \(fence)

      # Answer:
      \(fence)
      \(answer)
      \(fence)

      # Query:
      \(fence)
      \(query)
      \(fence)

      # Answer:
      \(fence)

      """
  }

  private static func listed(_ question: Question) -> String {
    question.question + question.choices.indices.map { "\n" + lettered(question, $0) }.joined()
  }

  private static func lettered(_ question: Question, _ choice: Int) -> String {
    "\(Question.letter(choice)). \(question.choices[choice])"
  }
}

/// Which choice a text gives as its answer.
enum AnswerExtraction {
  /// The choice whose letter stands at the beginning (`B.`, `B)`, `B:`) or behind `answer is`, quotes and brackets passed
  /// over; failing that, the only choice whose text occurs; else `nil`.
  static func choice(in text: String, of question: Question) -> Int? {
    let bytes = Array(text.utf8)
    if let stated = letter(at: bytes[...], mustEnd: true, question.choices.count) { return stated }
    let phrase = Array("answer is".utf8)
    if let place = bytes.indices.first(where: { bytes[$0...].starts(with: phrase) }),
      let stated = letter(at: bytes[(place + phrase.count)...], mustEnd: false, question.choices.count)
    {
      return stated
    }
    let named = Array(NormalizedText(text).text.utf8)
    let found = question.choices.indices.filter {
      occurs(NormalizedText(question.choices[$0]).text, in: named)
    }
    return found.count == 1 ? found[0] : nil
  }

  /// Whether a text stands in another without being a part of a longer word.
  private static func occurs(_ text: String, in bytes: [UInt8]) -> Bool {
    let wanted = Array(text.utf8)
    guard !wanted.isEmpty, wanted.count <= bytes.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
      let end = start + wanted.count
      return bytes[start..<end].elementsEqual(wanted) && (start == 0 || !isWord(bytes[start - 1]))
        && (end == bytes.count || !isWord(bytes[end]))
    }
  }

  /// Whether a byte belongs to a word: letters, digits and everything beyond ASCII.
  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
      || (0x61...0x7A).contains(byte)
  }

  /// A capital letter of a choice that is no part of a word.
  private static func letter(at bytes: ArraySlice<UInt8>, mustEnd: Bool, _ count: Int) -> Int? {
    let rest = bytes.drop { [0x20, 0x0A, 0x22, 0x27, 0x28, 0x5B, 0x3A].contains($0) }
    guard let first = rest.first, first >= UInt8(ascii: "A"), Int(first - UInt8(ascii: "A")) < count else {
      return nil
    }
    let next = rest.dropFirst().first
    guard next.map({ isWord($0) }) != true, !mustEnd || next.map({ [0x2E, 0x29, 0x3A].contains($0) }) ?? true
    else {
      return nil
    }
    return Int(first - UInt8(ascii: "A"))
  }
}
