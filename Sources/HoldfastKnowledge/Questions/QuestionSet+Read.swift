import HoldfastStorage
public import HoldfastTensor

extension QuestionSet {
  /// Reads a JSONL file of questions.
  ///
  /// One object a line: `question`, `choices` and, all optional, `id` (text or number; else the line's number), `answer`
  /// (an index from 0, also called `gold`), `explanation`, `context`, `subject`. Where `question` is missing, a `query` that lists
  /// its choices as lines ` A. …` behind `Question: ` and ends in `Answer:` is taken apart, if that can be done in one
  /// way only. Throws an error that names file and line when a row is not valid UTF-8 or JSON, or not such a question.
  public static func read(_ path: String) throws(HoldfastError) -> QuestionSet {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    return try parse(file.bytes, name: path)
  }

  /// Reads JSONL text; see `read`.
  public static func parse(_ text: String, name: String) throws(HoldfastError) -> QuestionSet {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { buffer throws(HoldfastError) in
      try parse(UnsafeRawBufferPointer(buffer), name: name)
    }
  }

  /// Reads the bytes of JSONL text; see `read`.
  public static func parse(_ bytes: UnsafeRawBufferPointer, name: String) throws(HoldfastError) -> QuestionSet
  {
    var questions: [Question] = []
    var lines: [[UInt8]: Int] = [:]
    try forEachLine(bytes) { content, line throws(HoldfastError) in
      let place = "\(name):\(line)"
      let node = JSONNode(try JSON.parse(content, name: place), document: place)
      let question = try QuestionRow(node, line: line).question()
      try question.validate(at: place)
      if let first = lines.updateValue(line, forKey: Array(question.id.utf8)) {
        throw HoldfastError(
          .invalidArgument,
          "\(place): the id '\(question.id)' was used in line \(first) already; ids must be unique, make one of them "
            + "another or remove the row")
      }
      questions.append(question)
    }
    guard !questions.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "\(name): there are no questions in it; write one a line as "
          + #"{"id": "1", "question": "…", "choices": ["…", "…"], "answer": 0}"#)
    }
    return QuestionSet(valid: questions, name: name)
  }

  /// Calls `body` with each line that is not blank and its number from 1; a byte order mark is passed over.
  private static func forEachLine(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      line += 1
      let content = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      start = end + 1
      if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      try body(content, line)
    }
  }
}
