import HoldfastStorage
public import HoldfastTensor

/// A published group of one model and domain, read as it is.
public struct PublishedGroup: Sendable, Equatable {
  /// Which group.
  public let name: GroupName
  /// The file.
  public let path: String
  /// Its rows, in order; at least one.
  public let rows: [PublishedRow]

  /// The files of a cell's directory, by group.
  public static let files: [(name: GroupName, file: String)] = [
    (.harmonious, "consistent-correct-exp-sample.jsonl"),
    (.incompatible, "inconsistent-golden-exp.jsonl"),
    (.selfAligning, "inconsistent-predict-model-exp.jsonl"),
  ]

  /// Reads a file; throws an error that names file and line for a row that is not such a row.
  public init(_ name: GroupName, path: String) throws(HoldfastError) {
    var rows: [PublishedRow] = []
    try JSONLines(path: path).forEach { node, _ throws(HoldfastError) in rows.append(try PublishedRow(node)) }
    guard !rows.isEmpty else { throw HoldfastError(.invalidArgument, "\(path): there are no rows in it") }
    self.name = name
    self.path = path
    self.rows = rows
  }

  /// How many rows have each kind of damage; a row may have several.
  public var damages: [(damage: PublishedRow.Damage, rows: Int)] {
    PublishedRow.Damage.allCases.map { damage in (damage, rows.count { $0.damages.contains(damage) }) }
  }

  /// How many rows have any damage.
  public var damagedCount: Int { rows.count { !$0.damages.isEmpty } }

  /// How often each choice is the trained one, from `A`.
  public var letters: [Int] {
    var counts = [Int](repeating: 0, count: rows.map(\.question.choices.count).max() ?? 0)
    for row in rows { counts[row.label] += 1 }
    return counts
  }

  /// The rows to train on as JSONL that `holdfast tune` reads, without those that have one of the damages named: `id`,
  /// `question`, `choices`, `output` and the explanation that is trained.
  ///
  /// - Throws: as `group(without:)`.
  public func trainingLines(without damages: Set<PublishedRow.Damage>) throws(HoldfastError) -> [UInt8] {
    try group(without: damages).rows.flatMap { row in
      let json: JSON = [
        "id": .text(row.question.id), "question": .text(row.question.question),
        "choices": .array(row.question.choices.map { .text($0) }), "output": .int(row.label),
        "explanation": row.explanation.map { .text($0) } ?? .null,
      ]
      return json.serialized() + [UInt8(ascii: "\n")]
    }
  }

  /// The group to train on, without the rows that have one of the damages named.
  ///
  /// What is left out is the caller's choice and visible in the count; the default leaves out all that are damaged.
  /// - Throws: `invalidArgument` when nothing is left.
  public func group(without damages: Set<PublishedRow.Damage> = Set(PublishedRow.Damage.allCases))
    throws(HoldfastError) -> Group
  {
    let kept = rows.enumerated().filter { $0.element.damages.isDisjoint(with: damages) }
    guard !kept.isEmpty else {
      throw HoldfastError(.invalidArgument, "\(path): every row is damaged; name fewer kinds of damage")
    }
    return Group(
      name: name, source: path,
      rows: kept.map { place, row in
        Group.Row(
          question: row.question, label: row.label, predicted: row.predicted,
          confidence: row.predictedProbability, ledgerRow: place, matchedTo: nil,
          explanation: row.explanation.isBlank ? nil : row.explanation)
      })
  }
}
