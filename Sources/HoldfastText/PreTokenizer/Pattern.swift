extension PreTokenizer {
  /// The regular expressions that byte-level tokenizers cut words with, each a scanner over UTF-8.
  enum Pattern: String, Sendable, CaseIterable {
    /// GPT-2: contractions, an optional space with letters, numbers or neither, then white space.
    case gpt2 = "gpt-2"
    /// Llama 3 (and cl100k): numbers of up to three digits, punctuation that keeps the line ends behind it.
    case llama3 = "llama-bpe"
    /// Qwen 2: as Llama 3 with every digit on its own.
    case qwen2

    /// The regular expressions as Hugging Face and llama.cpp publish them, for recognition by their exact text.
    static let expressions: [(pattern: Pattern, text: String)] = [
      (.gpt2, #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#),
      (.gpt2, #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#),
      (.llama3, modern(contractions: "(?i:'s|'t|'re|'ve|'m|'ll|'d)", numbers: #"\p{N}{1,3}"#)),
      (.llama3, modern(contractions: "(?i)'s|'t|'re|'ve|'m|'ll|'d", numbers: #"\p{N}{1,3}"#)),
      (.qwen2, modern(contractions: "(?i:'s|'t|'re|'ve|'m|'ll|'d)", numbers: #"\p{N}"#)),
    ]

    private static func modern(contractions: String, numbers: String) -> String {
      contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// Appends the words of `range`, which cover it.
    func cut(_ text: Span<UInt8>, _ range: Range<Int>, into words: inout [Range<Int>]) {
      let table = CharacterTable.shared
      let end = range.upperBound
      var i = range.lowerBound
      switch self {
      case .gpt2:
        let scanner = GPT2Scanner(table: table, end: end)
        while i < end {
          let start = i
          i = scanner.word(at: i, in: text)
          words.append(start..<i)
        }
      case .llama3, .qwen2:
        let scanner = Llama3Scanner(table: table, end: end, digits: self == .llama3 ? 3 : 1)
        while i < end {
          let start = i
          i = scanner.word(at: i, in: text)
          words.append(start..<i)
        }
      }
    }
  }
}
