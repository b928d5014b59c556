public import HoldfastStorage
public import HoldfastTensor

extension PublishedCell {
  /// A statement about the published groups, and whether it holds.
  public struct Finding: Sendable, Equatable {
    /// What is stated.
    public var statement: String
    /// How many rows contradict it.
    public var exceptions: Int

    /// Whether nothing contradicts it.
    public var holds: Bool { exceptions == 0 }
  }

  /// What must hold of the groups (`docs/study.md`), one finding each, in a fixed order.
  public var invariants: [Finding] {
    let all = groups.flatMap(\.rows)
    let (right, wrong, own) = (harmonious.rows, incompatible.rows, selfAligning.rows)
    let count = { (statement: String, rows: [PublishedRow], holds: (PublishedRow) -> Bool) in
      Finding(statement: statement, exceptions: rows.count { !holds($0) })
    }
    let pairs = Array(zip(wrong, own))
    let falling = zip(wrong, wrong.dropFirst()).count { $0.predictedProbability < $1.predictedProbability }
    let rightIDs = Set(right.map(\.question.id))
    return [
      Finding(
        statement: "the groups have equal sizes",
        exceptions: groups.map(\.rows.count).max().map { $0 - (groups.map(\.rows.count).min() ?? 0) } ?? 0),
      count("pred is the most probable choice, the first on a tie", all) {
        $0.probabilities.firstIndex(of: $0.probabilities.max() ?? .nan) == $0.predicted
      },
      count("the probabilities sum to 1 within 1e-6", all) {
        abs($0.probabilities.reduce(0, +) - 1) <= 1e-6
      },
      count("golden_prob is the probability of answer", all) { row in
        row.question.answer.map { row.probabilities[$0] == row.goldenProbability } ?? false
      },
      count("pred_prob is the probability of pred", all) {
        $0.probabilities[$0.predicted] == $0.predictedProbability
      },
      count("correct says whether pred is answer", all) {
        $0.isCorrect == ($0.predicted == $0.question.answer)
      },
      count("every row's confidence is at least 0.5", all) { $0.predictedProbability >= 0.5 },
      count("HARMONIOUS is answered rightly", right) { $0.predicted == $0.question.answer },
      count("INCOMPATIBLE and SELF-ALIGNING are answered wrongly", wrong + own) {
        $0.predicted != $0.question.answer
      },
      count("HARMONIOUS and INCOMPATIBLE train the right answer", right + wrong) {
        $0.label == $0.question.answer
      },
      count("SELF-ALIGNING trains the model's answer", own) { $0.label == $0.predicted },
      Finding(
        statement: "SELF-ALIGNING asks the questions of INCOMPATIBLE in the same order",
        exceptions: pairs.count { !Self.isSameQuestion($0, $1) }),
      Finding(statement: "INCOMPATIBLE is sorted by falling confidence", exceptions: falling),
      Finding(
        statement: "HARMONIOUS shares no id with the others",
        exceptions: wrong.count { rightIDs.contains($0.question.id) }),
    ]
  }

  private static func isSameQuestion(_ a: PublishedRow, _ b: PublishedRow) -> Bool {
    a.question.id == b.question.id && a.question.question == b.question.question
      && a.question.choices == b.question.choices && a.question.answer == b.question.answer
      && a.probabilities == b.probabilities
  }

  /// How many rows of INCOMPATIBLE repeat a question's text: within the group, and of HARMONIOUS.
  ///
  /// Such rows differ in id and choices; they are reported because a study drops them.
  public var repeatedTexts: (within: Int, ofHarmonious: Int) {
    let harmonious = Set(harmonious.rows.map { NormalizedText($0.question.question) })
    var seen: Set<NormalizedText> = []
    var (within, across) = (0, 0)
    for row in incompatible.rows {
      let text = NormalizedText(row.question.question)
      if !seen.insert(text).inserted { within += 1 }
      if harmonious.contains(text) { across += 1 }
    }
    return (within, across)
  }

  /// Whether the groups built anew are the published ones: the same ids in the same order with the same labels.
  ///
  /// - Throws: what building throws.
  public func rebuildsExactly() throws(HoldfastError) -> Bool {
    let set = try rebuilt()
    return [incompatible, selfAligning].allSatisfy { published in
      guard let rows = set[published.name]?.rows, rows.count == published.rows.count else { return false }
      return zip(rows, published.rows).allSatisfy {
        $0.question.id == $1.question.id && $0.label == $1.label
      }
    }
  }

  /// Everything that was checked and counted.
  ///
  /// - Throws: what building the groups anew throws.
  public func report() throws(HoldfastError) -> JSON {
    let repeated = repeatedTexts
    return [
      "cell": .text(directory), "rows": .int(incompatible.rows.count),
      "invariants": .array(
        invariants.map {
          ["statement": .text($0.statement), "holds": .bool($0.holds), "exceptions": .int($0.exceptions)]
        }),
      "rebuilds_exactly": .bool(try rebuildsExactly()),
      "repeated_texts": [
        "within_incompatible": .int(repeated.within), "of_harmonious": .int(repeated.ofHarmonious),
      ],
      "groups": .array(
        groups.map { group in
          [
            "name": .text(group.name.rawValue), "rows": .int(group.rows.count),
            "letters": .array(group.letters.map { .int($0) }), "damaged_rows": .int(group.damagedCount),
            "damages": .object(
              group.damages.map { (ByteString($0.damage.rawValue), .int($0.rows)) }),
          ]
        }),
    ]
  }
}
