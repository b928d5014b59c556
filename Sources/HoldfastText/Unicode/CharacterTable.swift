/// The classes of Unicode scalars that pre-tokenisation rules speak of, one bit each.
struct CharacterClass: OptionSet, Sendable {
  let rawValue: UInt8

  /// `\p{L}`
  static let letter = CharacterClass(rawValue: 1)
  /// `\p{N}`
  static let number = CharacterClass(rawValue: 2)
  /// `\s`, which is White_Space
  static let space = CharacterClass(rawValue: 4)
  /// `[\r\n]`
  static let newline = CharacterClass(rawValue: 8)
  /// What Rust's `char::is_numeric` accepts: `\p{N}` of a newer Unicode version
  static let digit = CharacterClass(rawValue: 16)
  /// `\w`: Alphabetic, a mark, a decimal digit, connector punctuation or a joiner
  static let word = CharacterClass(rawValue: 32)
  /// What the punctuation rule of Hugging Face takes
  static let punctuation = CharacterClass(rawValue: 64)

  /// `[^\s\p{L}\p{N}]`, when none of them is set
  static let spaceLetterNumber: CharacterClass = [.space, .letter, .number]
}

/// The class of every scalar, as Hugging Face `tokenizers` 0.23 sees it.
struct CharacterTable: Sendable {
  /// The table, made when it is first used.
  static let shared = CharacterTable()

  /// The classes of U+0000 … U+FFFF.
  private let basicPlane: [UInt8]
  /// Beyond it, where each run of one class begins, and that class.
  private let starts: [UInt32]
  private let kinds: [UInt8]

  private init() {
    let sets = UnicodeSets.shared
    let classes: [(ScalarSet?, CharacterClass)] = [
      (sets.category("L"), .letter), (sets.category("N"), .number), (sets.space, .space),
      (ScalarSet([0x0A...0x0A, 0x0D...0x0D]), .newline), (sets.digit, .digit), (sets.tokenWord, .word),
      (sets.punctuation, .punctuation),
    ]
    var changes: [UInt32: UInt8] = [0x10000: 0]
    var plane = Array(repeating: UInt8(0), count: 0x10000)
    for case (let set?, let kind) in classes {
      for range in set.ranges {
        for scalar in range where scalar < 0x10000 { plane[Int(scalar)] |= kind.rawValue }
        guard range.upperBound >= 0x10000 else { continue }
        changes[max(range.lowerBound, 0x10000), default: 0] ^= kind.rawValue
        changes[range.upperBound + 1, default: 0] ^= kind.rawValue
      }
    }
    basicPlane = plane
    starts = changes.keys.sorted()
    var current: UInt8 = 0
    kinds = starts.map { start in
      current ^= changes[start] ?? 0
      return current
    }
  }

  /// The class of one scalar.
  func callAsFunction(_ scalar: UInt32) -> CharacterClass {
    if scalar < 0x10000 { return CharacterClass(rawValue: basicPlane[Int(scalar)]) }
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= scalar { low = middle } else { high = middle }
    }
    return CharacterClass(rawValue: kinds[low])
  }

  /// The class and the length in bytes of the scalar that begins at `i`; `text` must be UTF-8.
  @inline(__always)
  func at(_ i: Int, in text: Span<UInt8>) -> (kind: CharacterClass, length: Int) {
    let lead = text[i]
    if lead < 0x80 { return (CharacterClass(rawValue: basicPlane[Int(lead)]), 1) }
    let (scalar, length) = UTF8Text.scalar(lead, i, text)
    return (self(scalar), length)
  }
}
