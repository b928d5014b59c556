import Holdfast

/// What is measured: a model, and the questions its work is made of.
struct BenchSubject {
  let path: String
  let model: Model
  let questions: QuestionSet
  let demonstrations: QuestionSet?
  /// A folder for what the workloads write; removed at the end.
  let folder: String

  /// The tokens of the questions and their choices, one after the other, as often as it takes to have so many.
  func tokens(_ count: Int) throws(HoldfastError) -> [Int32] {
    var tokens: [Int32] = []
    while tokens.count < count {
      for text in texts where tokens.count < count {
        tokens += try model.tokenizer.encode(text + "\n", bos: .never)
      }
    }
    return Array(tokens.prefix(count))
  }

  /// The questions with their choices.
  var texts: [String] {
    questions.questions.map { ([$0.question] + $0.choices).joined(separator: "\n") }
  }

  /// Eight rows of the mean shape of the published groups: 285 tokens, 195 of them learned.
  func examples() throws(HoldfastError) -> [TrainingExample] {
    let (rows, length, learned) = (8, min(285, model.configuration.contextLength), 195)
    let tokens = try tokens(rows * length)
    return (0..<rows).map { row in
      let part = Array(tokens[(row * length)..<((row + 1) * length)])
      let silent = max(1, length - learned)
      return TrainingExample(
        id: "\(row)", tokens: part,
        labels: [Int32](repeating: TrainingSequence.ignored, count: silent) + part[silent...])
    }
  }
}
