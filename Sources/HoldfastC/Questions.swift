// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/questions.h.
public import CHoldfast
import Holdfast

/// Questions that were checked.
final class QuestionsHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_questions" }
  let questions: QuestionSet

  init(_ questions: QuestionSet) { self.questions = questions }
}

@c @implementation
public func holdfast_questions_load(
  _ path: UnsafePointer<CChar>?, _ questions: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(questions, "questions")
    try output.set(QuestionsHandle(try QuestionSet.read(try pathArgument(path))))
  }
}

@c @implementation
public func holdfast_questions_parse(
  _ jsonl: UnsafePointer<CChar>?, _ questions: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(questions, "questions")
    let text = try textArgument(jsonl, "jsonl")
    try output.set(QuestionsHandle(try QuestionSet.parse(text, name: "questions")))
  }
}

@c @implementation
public func holdfast_questions_free(_ questions: OpaquePointer?) {
  HandleTable.remove(questions, QuestionsHandle.self)
}

@c @implementation
public func holdfast_questions_count(_ questions: OpaquePointer?) -> Int {
  known(questions, as: QuestionsHandle.self)?.questions.count ?? 0
}
