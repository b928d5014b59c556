public import HoldfastTensor

/// Questions that were checked, and where they came from.
public struct QuestionSet: Sendable {
  /// The file, or another name for messages.
  public let name: String
  /// The questions, each valid, with unique ids; at least one.
  public private(set) var questions: [Question]

  /// Checks questions and makes a set of them.
  ///
  /// Throws `invalidArgument` when there are none, one is not valid, or two share an id.
  public init(_ questions: [Question], name: String) throws(HoldfastError) {
    guard !questions.isEmpty else {
      throw HoldfastError(.invalidArgument, "\(name): there are no questions; give at least one")
    }
    var seen: [[UInt8]: Int] = [:]
    for (index, question) in questions.enumerated() {
      try question.validate(at: "\(name): question '\(question.id)'")
      if let first = seen.updateValue(index, forKey: Array(question.id.utf8)) {
        throw HoldfastError(
          .invalidArgument,
          "\(name): questions \(first) and \(index) share the id '\(question.id)'; ids must be unique")
      }
    }
    self.name = name
    self.questions = questions
  }

  /// A set of questions known to be valid, such as a part of another set; may be empty.
  init(valid questions: [Question], name: String) {
    self.name = name
    self.questions = questions
  }

  /// The number of questions.
  public var count: Int { questions.count }

  /// The subject of each question, when all name one and not all the same: what a bootstrap resamples together.
  var clusters: [String]? {
    let subjects = questions.compactMap(\.subject)
    return subjects.count == count && Set(subjects).count > 1 ? subjects : nil
  }

  /// The questions from `offset` on, at most `limit` of them; a limit of `nil` means all.
  public func prefix(_ limit: Int?, from offset: Int = 0) -> QuestionSet {
    let rest = questions.dropFirst(max(offset, 0))
    return QuestionSet(valid: Array(limit.map { rest.prefix(max($0, 0)) } ?? rest), name: name)
  }
}
