/// Keeps several question sets apart: no question, by normalised text, stays in two of them or twice in one.
public struct Deduplication: Sendable {
  /// What was left out, and because of whom.
  public struct Drop: Sendable, Equatable {
    /// The set the rows were dropped from.
    public var from: String
    /// The set that holds them already.
    public var keptIn: String
    /// How many rows.
    public var count: Int
  }

  /// What was dropped so far, by pair of sets in the order they were met.
  public private(set) var drops: [Drop] = []
  private var owner: [NormalizedText: String] = [:]

  /// Starts with no set.
  public init() {}

  /// Takes up to `limit` questions of `questions`, in order, that no set taken before and no earlier row holds.
  ///
  /// The sets that must stay whole (the evaluation roles) are taken first, the pool then, demonstrations last.
  public mutating func take(_ questions: [Question], as name: String, limit: Int? = nil) -> [Question] {
    var kept: [Question] = []
    for question in questions {
      if let limit, kept.count >= limit { break }
      let text = NormalizedText(question.question)
      if let keeper = owner[text] {
        count(from: name, keptIn: keeper)
      } else {
        owner[text] = name
        kept.append(question)
      }
    }
    return kept
  }

  private mutating func count(from: String, keptIn: String) {
    if let index = drops.firstIndex(where: { $0.from == from && $0.keptIn == keptIn }) {
      drops[index].count += 1
    } else {
      drops.append(Drop(from: from, keptIn: keptIn, count: 1))
    }
  }
}
