/// What turns a word into token ids.
enum WordEncoder: Sendable {
  case bytePair(BytePairEncoder)
  case unigram(UnigramEncoder)

  /// Memory that serves many words of many texts.
  struct Scratch {
    var merger = BytePairMerger()
    var cache = WordCache()
    var unigram = UnigramEncoder.Scratch()
  }

  /// Appends the tokens of words of `text`, which must be UTF-8.
  func encode(_ text: Span<UInt8>, _ words: [Range<Int>], _ scratch: inout Scratch, into ids: inout [Int32]) {
    switch self {
    case .bytePair(let encoder): for word in words { encoder.encode(text, word, &scratch, into: &ids) }
    case .unigram(let encoder): for word in words { encoder.encode(text, word, &scratch.unigram, into: &ids) }
    }
  }
}
