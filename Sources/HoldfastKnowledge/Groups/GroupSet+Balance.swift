public import HoldfastStorage

extension GroupSet {
  /// How a group looks beside the others, so that a difference between them can be read.
  public struct Balance: Sendable, Equatable {
    /// The group.
    public var name: GroupName
    /// Mean confidence of the model in its own answer.
    public var confidence: Double
    /// Mean number of characters of the trained choice.
    public var length: Double
    /// The share of rows whose trained choice is the shortest of its question.
    public var shortestShare: Double
    /// How often each place is the trained one, from `A`.
    public var letters: [Int]
    /// How many rows have a confidence in each tenth, from 0 … 0.1 to 0.9 … 1.
    public var confidenceBands: [Int]
  }

  /// The balance of each group.
  public var balance: [Balance] {
    groups.map { group in
      let lengths = group.rows.map { row in row.question.choices.map { $0.unicodeScalars.count } }
      let trained = zip(lengths, group.rows).map { Double($0[$1.label]) }
      let shortest = zip(lengths, group.rows).count { $0[$1.label] == $0.min() }
      var letters = [Int](repeating: 0, count: lengths.map(\.count).max() ?? 0)
      var bands = [Int](repeating: 0, count: 10)
      for row in group.rows {
        letters[row.label] += 1
        if row.confidence.isFinite { bands[min(max(Int(row.confidence * 10), 0), 9)] += 1 }
      }
      return Balance(
        name: group.name, confidence: Statistics.mean(group.rows.map(\.confidence)),
        length: Statistics.mean(trained),
        shortestShare: Double(shortest) / Double(group.rows.count), letters: letters, confidenceBands: bands)
    }
  }

  /// How the groups were chosen, how many rows qualified, and their balance.
  public var summaryJSON: JSON {
    [
      "options": options.json,
      "qualified_right": .int(qualifiedRight),
      "qualified_wrong": .int(qualifiedWrong),
      "matching": .text(matchingText),
      "standings": .object(
        GroupPool.Standing.allCases.map { standing in
          (ByteString(standing.rawValue), .int(standings.count { $0 == standing }))
        }),
      "groups": .array(
        zip(groups, balance).map { group, balance in
          [
            "name": .text(group.name.rawValue),
            "rows": .int(group.rows.count),
            "source": .text(group.source),
            "general_rows": .int(group.general.count),
            "recipe": options.recipe(group.name).json,
            "mean_confidence": .finite(balance.confidence),
            "mean_trained_characters": .finite(balance.length),
            "shortest_choice_share": .finite(balance.shortestShare),
            "letters": .array(balance.letters.map { .int($0) }),
            "confidence_tenths": .array(balance.confidenceBands.map { .int($0) }),
          ]
        }),
    ]
  }

  /// How HARMONIOUS was chosen, in words.
  public var matchingText: String {
    guard options.match.isEmpty || self[.harmonious] == nil || groups.count == 1 else {
      let names = options.match.map(\.rawValue).joined(separator: ", ")
      return "HARMONIOUS matched one to one to INCOMPATIBLE on \(names), smallest total distance"
    }
    return "HARMONIOUS chosen by \(options.selection.rawValue), not matched"
  }
}
