import HoldfastStorage
import HoldfastTensor

/// The question sets of a study, kept apart by normalised text.
struct StudyQuestions {
  /// By role, in the study's order.
  let roles: [QuestionSet]
  let pool: QuestionSet
  let demonstrations: QuestionSet?
  /// What is asked during tuning.
  let drift: QuestionSet?
  /// What was left out so that no question stands twice.
  let drops: [Deduplication.Drop]

  init(_ specification: StudySpecification) throws(HoldfastError) {
    var apart = Deduplication()
    var roles: [QuestionSet] = []
    for role in specification.evaluate { roles.append(try role.source.take(as: role.role, &apart)) }
    self.roles = roles
    drift = try specification.drift.map { drift throws(HoldfastError) in
      try drift.source.take(as: "drift", &apart)
    }
    pool = try specification.pool.take(as: "pool", &apart)
    let shown = try specification.demonstrations.map { source throws(HoldfastError) in
      try source.take(as: "demonstrations", &apart)
    }
    demonstrations = try shown.first.map { first throws(HoldfastError) in
      try QuestionSet(shown.flatMap(\.questions), name: first.name)
    }
    drops = apart.drops
    for set in roles + [pool] + [drift].compactMap({ $0 }) {
      if let open = set.questions.first(where: { $0.answer == nil }) {
        throw HoldfastError(
          .invalidArgument,
          "\(set.name): question '\(open.id)' has no answer; a study needs the right one of each")
      }
    }
  }
}

extension QuestionSet {
  /// SHA-256 over everything of every question that a probe or a training row can depend on.
  var digest: String {
    var hash = SHA256()
    for question in questions {
      let json: JSON = [
        "id": .text(question.id), "question": .text(question.question),
        "choices": .array(question.choices.map { .text($0) }),
        "answer": question.answer.map { .int($0) } ?? .null,
        "explanation": question.explanation.map { .text($0) } ?? .null,
        "context": question.context.map { .text($0) } ?? .null,
        "subject": question.subject.map { .text($0) } ?? .null,
      ]
      hash.update(json.serialized() + [UInt8(ascii: "\n")])
    }
    return hash.hex
  }
}

extension ProbeOptions {
  /// All that an answer depends on.
  var decisiveJSON: JSON {
    var json = json
    json.set("batch_size", .null)
    return json
  }
}
