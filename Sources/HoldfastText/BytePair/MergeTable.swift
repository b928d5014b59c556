/// Which two neighbouring tokens merge, into which, and how early: open addressing over pairs of ids.
struct MergeTable: Sendable {
  /// A pair of tokens that becomes one; the lower the rank, the earlier.
  struct Merge: Sendable, Hashable {
    var left: Int32
    var right: Int32
    var result: Int32
    var rank: UInt32
  }

  /// What a look-up yields: the rank above, the id of the result below, so that they compare by rank.
  typealias Outcome = UInt64
  /// The outcome for a pair that does not merge.
  static let none = Outcome.max

  private struct Slot {
    var pair = UInt64.max
    var outcome = MergeTable.none
  }

  private var slots: [Slot]
  private let seed: UInt64

  /// Makes a table; of equal pairs the last one counts, as in Hugging Face `tokenizers`.
  init(_ merges: [Merge]) {
    seed = UInt64.random(in: .min ... .max)
    var size = 16
    while size < 2 * merges.count { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    for merge in merges {
      let pair = Self.pair(merge.left, merge.right)
      let place = place(of: pair)
      slots[place] = Slot(
        pair: pair,
        outcome: UInt64(merge.rank) << 32 | UInt64(UInt32(bitPattern: merge.result)))
    }
  }

  /// The outcome of merging two neighbours, or `none`.
  @inline(__always)
  func callAsFunction(_ left: Int32, _ right: Int32) -> Outcome {
    slots[place(of: Self.pair(left, right))].outcome
  }

  /// The id of the merged token.
  @inline(__always)
  static func result(of outcome: Outcome) -> Int32 { Int32(truncatingIfNeeded: outcome) }

  /// How early the pair merges.
  @inline(__always)
  static func rank(of outcome: Outcome) -> UInt64 { outcome >> 32 }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The slot that holds `pair`, or the empty one where it belongs.
  @inline(__always)
  private func place(of pair: UInt64) -> Int {
    let product = (pair ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    var place = Int(truncatingIfNeeded: product.high ^ product.low) & (slots.count - 1)
    while slots[place].pair != pair, slots[place].pair != .max { place = (place + 1) & (slots.count - 1) }
    return place
  }
}
