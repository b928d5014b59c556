/// A set of scalars made for asking: one bit each, in blocks of 256 of which equal ones are stored once.
struct ScalarBitmap: Sendable {
  private let low: UInt64
  private let high: UInt64
  private var blockOf: [UInt16] = []
  private var words: [UInt64] = []

  /// Makes the bitmap of a set.
  init(_ set: ScalarSet) {
    var numbers: [[UInt64]: UInt16] = [:]
    var next = 0
    for block in UInt32(0)..<0x1100 {
      var bits: [UInt64] = [0, 0, 0, 0]
      let (first, last) = (block << 8, block << 8 | 0xFF)
      while next < set.ranges.count, set.ranges[next].upperBound < first { next += 1 }
      var i = next
      while i < set.ranges.count, set.ranges[i].lowerBound <= last {
        let (from, to) = (max(first, set.ranges[i].lowerBound), min(last, set.ranges[i].upperBound))
        if from == first, to == last {
          bits = Array(repeating: .max, count: 4)
        } else {
          for scalar in from...to { bits[Int(scalar >> 6 & 3)] |= 1 << UInt64(scalar & 63) }
        }
        i += 1
      }
      let number = numbers[bits] ?? UInt16(truncatingIfNeeded: words.count / 4)
      if numbers.updateValue(number, forKey: bits) == nil { words += bits }
      blockOf.append(number)
    }
    (low, high) = (words[Int(blockOf[0]) * 4], words[Int(blockOf[0]) * 4 + 1])
  }

  /// Whether an ASCII byte is in the set.
  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 != 0
  }

  /// Whether the scalar that begins at `i` is in the set, and its length in bytes; `text` must be UTF-8.
  @inline(__always)
  func match(_ i: Int, in text: Span<UInt8>) -> (found: Bool, length: Int) {
    let lead = text[i]
    if lead < 0x80 { return (contains(ascii: lead), 1) }
    let (scalar, length) = UTF8Text.scalar(lead, i, text)
    return (contains(scalar), length)
  }

  /// Whether a scalar is in the set.
  func contains(_ scalar: UInt32) -> Bool {
    let block = Int(blockOf[Int(scalar >> 8)])
    return words[block * 4 + Int(scalar >> 6 & 3)] >> UInt64(scalar & 63) & 1 != 0
  }
}

/// Stepping through UTF-8 that is known to be valid.
enum UTF8Text {
  /// The scalar beyond ASCII that begins at `i` with `lead`, and its length in bytes.
  @inline(__always)
  static func scalar(_ lead: UInt8, _ i: Int, _ text: Span<UInt8>) -> (value: UInt32, length: Int) {
    let second = UInt32(text[i + 1] & 0x3F)
    if lead < 0xE0 { return (UInt32(lead & 0x1F) << 6 | second, 2) }
    let third = UInt32(text[i + 2] & 0x3F)
    if lead < 0xF0 { return (UInt32(lead & 0x0F) << 12 | second << 6 | third, 3) }
    let fourth = UInt32(text[i + 3] & 0x3F)
    return (UInt32(lead & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
  }

  /// The length in bytes of the scalar that `lead` begins.
  @inline(__always)
  static func length(_ lead: UInt8) -> Int { lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

  /// Where the scalar before `end` begins.
  @inline(__always)
  static func start(before end: Int, in text: Span<UInt8>) -> Int {
    var i = end - 1
    while i > 0, text[i] & 0xC0 == 0x80 { i -= 1 }
    return i
  }
}
