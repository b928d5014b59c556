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

  /// `[^\s\p{L}\p{N}]`, when none of them is set
  static let spaceLetterNumber: CharacterClass = [.space, .letter, .number]
}

/// The class of every scalar, as Hugging Face `tokenizers` 0.23 sees it.
///
/// Its regular expressions (Oniguruma) know Unicode 16 and its `Digits` rule (Rust) knows Unicode 17. Both are pinned
/// here through the age of a scalar, so that a prompt's tokens do not change with the Swift toolchain.
struct CharacterTable: Sendable {
  /// The table, made when it is first used.
  static let shared = CharacterTable()

  /// The classes of U+0000 … U+FFFF.
  private let basicPlane: [UInt8]

  private init() {
    basicPlane = (UInt32(0)..<0x10000).map { value in
      Unicode.Scalar(value).map { Self.classify($0).rawValue } ?? 0
    }
  }

  /// The class of one scalar.
  func callAsFunction(_ scalar: UInt32) -> CharacterClass {
    if scalar < 0x10000 { return CharacterClass(rawValue: basicPlane[Int(scalar)]) }
    return Unicode.Scalar(scalar).map(Self.classify) ?? []
  }

  /// The class and the length in bytes of the scalar that begins at `i`; `text` must be UTF-8.
  @inline(__always)
  func at(_ i: Int, in text: Span<UInt8>) -> (kind: CharacterClass, length: Int) {
    let lead = text[i]
    if lead < 0x80 { return (CharacterClass(rawValue: basicPlane[Int(lead)]), 1) }
    return beyondASCII(lead, i, text)
  }

  private func beyondASCII(_ lead: UInt8, _ i: Int, _ text: Span<UInt8>) -> (CharacterClass, Int) {
    let second = UInt32(text[i + 1] & 0x3F)
    if lead < 0xE0 { return (self(UInt32(lead & 0x1F) << 6 | second), 2) }
    let third = UInt32(text[i + 2] & 0x3F)
    if lead < 0xF0 { return (self(UInt32(lead & 0x0F) << 12 | second << 6 | third), 3) }
    let fourth = UInt32(text[i + 3] & 0x3F)
    return (self(UInt32(lead & 0x07) << 18 | second << 12 | third << 6 | fourth), 4)
  }

  private static func classify(_ scalar: Unicode.Scalar) -> CharacterClass {
    let properties = scalar.properties
    var kind: CharacterClass = []
    let age = properties.age ?? (major: .max, minor: 0)
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      if age.major <= 16 { kind.insert(.letter) }
    case .decimalNumber:
      if age.major <= 16 { kind.insert(.number) }
      if age.major <= 17 { kind.insert(.digit) }
      kind.insert(.word)
    case .letterNumber, .otherNumber:
      if age.major <= 16 { kind.insert(.number) }
      if age.major <= 17 { kind.insert(.digit) }
    case .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation:
      kind.insert(.word)
    default: break
    }
    if properties.isWhitespace { kind.insert(.space) }
    if properties.isAlphabetic || properties.isJoinControl { kind.insert(.word) }
    if scalar == "\r" || scalar == "\n" { kind.insert(.newline) }
    return kind
  }
}
