public import HoldfastStorage

/// How many answers stayed and how many changed, in which way.
public struct FlipTable: Sendable, Equatable {
  /// Counts in the order of `Flip.allCases`.
  public private(set) var counts = [Int](repeating: 0, count: Flip.allCases.count)

  /// Counts the flips of items; those whose right answer is not known are left out.
  public init(_ items: [ItemConsistency]) {
    for item in items {
      if let flip = item.flip, let place = Flip.allCases.firstIndex(of: flip) { counts[place] += 1 }
    }
  }

  /// How many answers did this.
  public subscript(_ flip: Flip) -> Int { Flip.allCases.firstIndex(of: flip).map { counts[$0] } ?? 0 }
  /// How many answers were counted.
  public var total: Int { counts.reduce(0, +) }
  /// The exact two-sided McNemar test of lost against gained.
  public var mcNemar: Double { Statistics.mcNemar(lost: self[.lost], gained: self[.gained]) }

  /// Right and wrong answers of the same items, those after tuning first: differences are after minus before, and the
  /// odds those of a gained answer against a lost one.
  public var pairs: Statistics.PairedTable {
    Statistics.PairedTable(
      both: self[.keptRight], firstOnly: self[.gained], secondOnly: self[.lost],
      neither: self[.keptWrong] + self[.moved])
  }

  /// Counts by name, McNemar's tests and the effects.
  public var json: JSON {
    let effects: [(key: ByteString, value: JSON)] =
      if case .object(let members) = pairs.json() { members } else { [] }
    return .object(zip(Flip.allCases, counts).map { (ByteString($0.rawValue), .int($1)) } + effects)
  }
}
