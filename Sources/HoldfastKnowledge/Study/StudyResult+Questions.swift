import HoldfastStorage
import HoldfastTensor

extension StudyResult {
  /// Writes what was asked, by role, in the order of the ledgers: a study file is then read without the files of questions.
  func writeQuestions(_ group: HDF5Group) throws(HoldfastError) {
    for (role, set) in zip(findings.specification.evaluate, findings.questions) {
      try set.write(to: group.makeGroup(ByteString(role.role)))
    }
  }
}

extension QuestionSet {
  /// The questions on the axis `item`; `choices` on `item` and `choice`, with empty texts behind the last of a question.
  func write(to group: HDF5Group) throws(HoldfastError) {
    var table = Table(axis: "item")
    try table.add("id", .text(questions.map { Self.storable($0.id) }))
    try table.add("question", .text(questions.map { Self.storable($0.question) }))
    try table.add("gold", .int32(questions.map { Int32(clamping: $0.answer ?? -1) }))
    if questions.contains(where: { $0.subject != nil }) {
      try table.add("subject", .text(questions.map { Self.storable($0.subject ?? "") }))
    }
    try table.write(to: group)
    let width = questions.map(\.choices.count).max() ?? 0
    let choices = questions.flatMap { question in
      question.choices.map(Self.storable)
        + Array(repeating: ByteString(""), count: width - question.choices.count)
    }
    try group.write("choices", strings: choices, axes: [HDF5Axis("item", count), HDF5Axis("choice", width)])
  }

  /// A text without the zero bytes that HDF5 cannot hold.
  private static func storable(_ text: String) -> ByteString {
    ByteString(text.utf8.filter { $0 != 0 })
  }
}
