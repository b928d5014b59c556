import HoldfastTensor
import HoldfastText

/// The prompt writers of a probe: one for each subject where demonstrations or the domain follow the question's subject,
/// as MMLU's do, else one for all.
struct SubjectWriters {
  private let options: ProbeOptions
  private let set: QuestionSet?
  private let tokenizer: Tokenizer?
  /// Demonstrations by subject; those without one under the empty key.
  private let bySubject: [[UInt8]: [Question]]
  private var writers: [[UInt8]: PromptWriter] = [:]
  /// The demonstrations shown so far, subject by subject.
  private(set) var shown: [Question] = []

  init(_ options: ProbeOptions, _ set: QuestionSet?, tokenizer: Tokenizer? = nil) {
    self.options = options
    self.tokenizer = tokenizer
    self.set = set
    let all = options.shots > 0 ? set?.questions ?? [] : []
    bySubject = Dictionary(grouping: all) { Array(($0.subject ?? "").utf8) }
  }

  /// The writer of a question, or that of questions without a subject.
  mutating func writer(for question: Question?) throws(HoldfastError) -> PromptWriter {
    let subject = question?.subject
    let own = Array((subject ?? "").utf8)
    // Without demonstrations of its own a question is shown those without a subject, and failing these any.
    let place = bySubject[own] != nil ? own : []
    let key = options.domain == "{subject}" ? own : place
    if let writer = writers[key] { return writer }
    let demonstrations = set.map { set in
      bySubject[place].map {
        QuestionSet(valid: $0, name: place.isEmpty ? set.name : "\(set.name), subject \(subject ?? "")")
      } ?? set
    }
    let chosen = try options.demonstrations(from: demonstrations)
    let writer = try PromptWriter(options, demonstrations: chosen, subject: subject, tokenizer: tokenizer)
    writers[key] = writer
    let known = Set(shown.map { Array($0.id.utf8) })
    shown += chosen.filter { !known.contains(Array($0.id.utf8)) }
    return writer
  }
}
