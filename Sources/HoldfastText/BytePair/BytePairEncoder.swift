import HoldfastStorage

/// Turns one word into token ids.
struct BytePairEncoder: Sendable {
  /// What a word is made of before anything merges.
  enum Symbols: Sendable, Hashable {
    /// Bytes; a byte without a token is `unknown`, or left out when there is no unknown token.
    case bytes
    /// Unicode scalars; a scalar without a token becomes its bytes' tokens `<0x00>` … `<0xFF>` when these exist.
    case scalars
  }

  private let symbols: Symbols
  /// Words that are a token as a whole, so that nothing need be merged.
  private var words: ByteTable
  /// Tokens by their bytes; the symbols of scalars.
  private let pieces: ByteTable
  private let merges: MergeTable
  /// The token of each byte, or -1.
  private let byteTokens: [Int32]
  private let unknown: Int32?
  private let fusesUnknown: Bool
  /// Texts that are taken whole and never merge: SentencePiece's user-defined symbols.
  private let frozen: ByteTrie
  /// Where a text that no rule cuts may be cut; `nil` for none.
  private let seams: Seams?

  /// Makes an encoder of tokens and the table of them. `ignoresMerges`: a word that is a token is taken as it is, whether
  /// merges lead there or not.
  init(
    symbols: Symbols, entries: [(token: ByteString, id: Int32)], pieces: ByteTable,
    merges: [MergeTable.Merge], byteTokens: [Int32], unknown: Int32?, fusesUnknown: Bool, ignoresMerges: Bool,
    frozen: [(token: ByteString, id: Int32)] = []
  ) {
    self.symbols = symbols
    self.merges = MergeTable(merges)
    self.byteTokens = byteTokens
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    self.pieces = pieces
    self.frozen = ByteTrie(frozen.map { ($0.token.bytes, $0.id) })
    seams = symbols == .scalars && !ignoresMerges ? Seams(entries + frozen, pieces) : nil
    words = pieces
    if !ignoresMerges { words = ByteTable(reachable(entries)) }
  }

  /// Appends the tokens of the word in `range`, which must be UTF-8.
  @inline(__always)
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ scratch: inout WordEncoder.Scratch, into ids: inout [Int32]
  ) {
    guard let seams else { return encodeWhole(text, range, &scratch, into: &ids) }
    var start = range.lowerBound
    while start < range.upperBound {
      let end = seams.next(text, start, range.upperBound)
      encodeWhole(text, start..<end, &scratch, into: &ids)
      start = end
    }
  }

  @inline(__always)
  private func encodeWhole(
    _ text: Span<UInt8>, _ range: Range<Int>, _ scratch: inout WordEncoder.Scratch, into ids: inout [Int32]
  ) {
    let hash = words.hash(text, range)
    if let id = words.id(of: text, range, hash) {
      ids.append(id)
    } else if !scratch.cache.append(text, range, hash, into: &ids) {
      merge(text, range, &scratch.merger)
      ids.append(contentsOf: scratch.merger.symbols)
      scratch.cache.insert(text, range, hash, scratch.merger.symbols[...])
    }
  }

  /// The tokens that merging their own bytes yields.
  private func reachable(_ entries: [(token: ByteString, id: Int32)]) -> [(token: ByteString, id: Int32)] {
    var merger = BytePairMerger()
    return entries.filter { token, id in
      merge(token.bytes.span, 0..<token.count, &merger)
      return merger.symbols.count == 1 && merger.symbols[0] == id
    }
  }

  private func merge(_ text: Span<UInt8>, _ range: Range<Int>, _ merger: inout BytePairMerger) {
    merger.symbols.removeAll(keepingCapacity: true)
    switch symbols {
    case .bytes: splitBytes(text, range, into: &merger.symbols)
    case .scalars: splitScalars(text, range, into: &merger.symbols)
    }
    merger.merge(merges)
  }

  private func splitBytes(_ text: Span<UInt8>, _ range: Range<Int>, into symbols: inout [Int32]) {
    var afterUnknown = false
    for i in range {
      let id = byteTokens[Int(text[i])]
      if id >= 0 {
        symbols.append(id)
      } else if let unknown, !(fusesUnknown && afterUnknown) {
        symbols.append(unknown)
      }
      afterUnknown = id < 0
    }
  }

  private func splitScalars(_ text: Span<UInt8>, _ range: Range<Int>, into symbols: inout [Int32]) {
    var afterUnknown = false
    var i = range.lowerBound
    while i < range.upperBound {
      if frozen.begins(text[i]), let (end, id) = frozen.longest(text, i..<range.upperBound) {
        symbols.append(id)
        afterUnknown = false
        i = end
        continue
      }
      let stop = i + UTF8Text.length(text[i])
      if let id = pieces.id(of: text, i..<stop) {
        symbols.append(id)
        afterUnknown = false
      } else if (i..<stop).allSatisfy({ byteTokens[Int(text[$0])] >= 0 }) {
        for place in i..<stop { symbols.append(byteTokens[Int(text[place])]) }
        afterUnknown = false
      } else {
        if let unknown, !(fusesUnknown && afterUnknown) { symbols.append(unknown) }
        afterUnknown = true
      }
      i = stop
    }
  }
}
