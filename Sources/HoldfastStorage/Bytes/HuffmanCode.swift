/// A canonical prefix code as deflate has it, by a table over the next bits.
///
/// Source: RFC 1951, 3.2.2.
struct HuffmanCode {
  /// The longest code word, in bits.
  static let longest = 15

  /// By the next bits: symbol times 16 plus the length of its word; 0 where there is no word.
  private let table: [UInt16]
  private let mask: UInt64

  /// Makes the code in which each symbol's word has the given length, 0 being none; `nil` when there is no such code.
  init?(_ lengths: [UInt8]) {
    let width = Int(lengths.max() ?? 0)
    guard width <= Self.longest, lengths.count <= 4095 else { return nil }
    var counts = [Int](repeating: 0, count: Self.longest + 2)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [Int](repeating: 0, count: Self.longest + 2)
    var left = 1
    for length in 1...Self.longest {
      left = left << 1 - counts[length]
      guard left >= 0 else { return nil }
      next[length + 1] = (next[length] + counts[length]) << 1
    }
    var table = [UInt16](repeating: 0, count: 1 << width)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let word = next[length]
      next[length] += 1
      // Words are packed from their highest bit on, so the table is indexed by them backwards.
      var place = 0
      for bit in 0..<length where word >> bit & 1 == 1 { place |= 1 << (length - 1 - bit) }
      while place < table.count {
        table[place] = UInt16(symbol << 4 | length)
        place += 1 << length
      }
    }
    self.table = table
    mask = UInt64(table.count - 1)
  }

  private init(known lengths: [UInt8]) {
    // Lengths that make a code by construction.
    self = HuffmanCode(lengths) ?? HuffmanCode()
  }

  private init() {
    table = [0]
    mask = 0
  }

  /// The symbol whose word the bits begin with, and the length of the word; length 0 when there is none.
  func entry(_ bits: UInt64) -> (symbol: Int, length: Int) {
    let entry = table[Int(bits & mask)]
    return (Int(entry >> 4), Int(entry & 15))
  }

  static let fixedLiterals = HuffmanCode(
    known: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = HuffmanCode(known: [UInt8](repeating: 5, count: 30))
}
