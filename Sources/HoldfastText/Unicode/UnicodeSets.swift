/// The sets of scalars that expressions and rules speak of, as Hugging Face `tokenizers` 0.23 sees them.
///
/// Its regular expressions (Oniguruma) know Unicode 16 and its digits rule (Rust) Unicode 17. Both are stored here, so that
/// a prompt's tokens do not change with the Swift toolchain.
struct UnicodeSets: Sendable {
  /// The sets, read when they are first used.
  static let shared = UnicodeSets()

  /// The two-letter names of the general categories, in the order of the stored runs; the last is for what has none.
  static let categoryNames = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
    "Po", "Sm",
    "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn",
  ]

  /// The scalars of each category.
  let categories: [ScalarSet]
  /// `\s`, which is White_Space.
  let space: ScalarSet
  /// What Rust's `char::is_numeric` accepts.
  let digit: ScalarSet
  /// What the punctuation rule takes.
  let punctuation: ScalarSet
  /// `\w` of regular expressions, in brackets.
  let word: ScalarSet
  /// `\w` outside brackets, where Oniguruma treats the first 256 scalars on their own: `²` is one of its words there.
  let wordAlone: ScalarSet
  /// `\w` of added tokens and of the white space rule.
  let tokenWord: ScalarSet
  /// `\p{Han}`
  let han: ScalarSet

  private init() {
    categories = Self.readCategories()
    space = Self.readRanges(CategoryData.spaces)
    punctuation = Self.readRanges(CategoryData.punctuation)
    han = Self.readRanges(CategoryData.han)
    let sets = categories
    func named(_ names: String...) -> ScalarSet {
      Self.union(sets, names)
    }
    digit = named("N").union(Self.readRanges(CategoryData.newerDigits))
    word = named("L", "M", "Nd", "Pc").union(Self.readRanges(CategoryData.otherWords))
    wordAlone = word.union(Self.readRanges(CategoryData.wordsAlone))
    tokenWord = word.union(Self.readRanges(CategoryData.rustWords))
  }

  /// The scalars of a category by its short name, `Lu` or `L`; `nil` for an unknown one.
  func category(_ name: String) -> ScalarSet? {
    let isKnown = Self.categoryNames.contains { $0 == name || name.utf8.count == 1 && $0.hasPrefix(name) }
    return isKnown ? Self.union(categories, [name]) : nil
  }

  private static func union(_ categories: [ScalarSet], _ names: [String]) -> ScalarSet {
    ScalarSet(
      zip(categoryNames, categories).flatMap { name, set in
        names.contains { name.hasPrefix($0) } ? set.ranges : []
      })
  }

  private static func readCategories() -> [ScalarSet] {
    var ranges = Array(repeating: [ClosedRange<UInt32>](), count: categoryNames.count)
    var start: UInt32 = 0
    var reader = PackedNumbers(CategoryData.categories)
    while let letter = reader.mark() {
      let kind =
        letter <= UInt8(ascii: "Z") ? Int(letter) - 65 : letter == UInt8(ascii: "[") ? 26 : Int(letter) - 66
      let length = reader.number() ?? 1
      ranges[kind].append(start...start + length - 1)
      start += length
    }
    return ranges.map { ScalarSet($0) }
  }

  private static func readRanges(_ text: StaticString) -> ScalarSet {
    var reader = PackedNumbers(text)
    return ScalarSet(reader.ranges())
  }
}
