/// A set of Unicode scalars, kept as sorted ranges that neither overlap nor touch.
struct ScalarSet: Sendable, Hashable {
  /// The ranges, ascending.
  private(set) var ranges: [ClosedRange<UInt32>]

  /// The last scalar.
  static let last: UInt32 = 0x10FFFF
  /// Every scalar.
  static let all = ScalarSet([0...last])

  /// Makes a set of ranges in any order.
  init(_ unordered: [ClosedRange<UInt32>] = []) {
    ranges = []
    for range in unordered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let previous = ranges.last, range.lowerBound <= previous.upperBound + 1 {
        ranges[ranges.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// Whether the set is empty.
  var isEmpty: Bool { ranges.isEmpty }

  /// Whether a scalar is in the set.
  func contains(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(scalar)
  }

  /// All scalars that are not in the set.
  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if next < range.lowerBound { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.last { result.append(next...Self.last) }
    return ScalarSet(result)
  }

  /// The scalars of either set.
  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  /// The scalars of both sets.
  func intersection(_ other: ScalarSet) -> ScalarSet { inverted.union(other.inverted).inverted }

  /// The scalars of this set that are not in the other.
  func subtracting(_ other: ScalarSet) -> ScalarSet { intersection(other.inverted) }
}
