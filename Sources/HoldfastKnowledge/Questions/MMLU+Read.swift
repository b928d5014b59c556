import HoldfastStorage
public import HoldfastTensor

extension MMLU {
  /// The subjects that a directory has files for, in order of their names.
  static func available(_ directory: String, split: String) throws(HoldfastError) -> [String] {
    let ending = "_\(split).csv"
    let subjects = try FileSystem.list(directory).map(\.text).filter { $0.hasSuffix(ending) }
      .map { String($0.dropLast(ending.count)) }.sorted()
    guard !subjects.isEmpty else {
      throw HoldfastError(
        .notFound, "\(directory): there are no files of MMLU in it, such as anatomy\(ending)")
    }
    return subjects
  }

  /// Reads the questions of some subjects, in the order given; `id` is `{subject}-{row}`, counted from 0.
  ///
  /// - Parameter split: `test`, `dev` or `val`, as the files' names end.
  /// - Throws: `notFound` for a subject without a file; an error that names file and line for a row that is not a
  ///   question, four choices and a letter.
  public static func read(_ directory: String, subjects: [String], split: String = "test")
    throws(HoldfastError) -> QuestionSet
  {
    var questions: [Question] = []
    for subject in subjects { questions += try read("\(directory)/\(subject)_\(split).csv", subject) }
    return try QuestionSet(questions, name: directory)
  }

  private static func read(_ path: String, _ subject: String) throws(HoldfastError) -> [Question] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    var questions: [Question] = []
    for (row, record) in try CSV.records(file.bytes, name: path).enumerated() {
      let place = "\(path):\(record.line)"
      let texts = record.fields.map { String(decoding: $0, as: UTF8.self) }
      guard texts.count == 6, let letter = record.fields[5].first, record.fields[5].count == 1,
        (UInt8(ascii: "A")...UInt8(ascii: "D")).contains(letter)
      else {
        throw HoldfastError(
          .corruptData,
          "\(place): a row of MMLU is a question, four choices and one of the letters A to D; this one has \(texts.count) "
            + "fields")
      }
      let question = Question(
        id: "\(subject)-\(row)", question: texts[0], choices: Array(texts[1...4]),
        answer: Int(letter - UInt8(ascii: "A")), subject: subject)
      try question.validate(at: place)
      questions.append(question)
    }
    return questions
  }
}
