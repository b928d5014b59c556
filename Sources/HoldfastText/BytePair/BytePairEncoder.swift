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

  /// Makes an encoder of tokens and the table of them. `ignoresMerges`: a word that is a token is taken as it is, whether merges lead there or not.
  init(
    symbols: Symbols, entries: [(token: ByteString, id: Int32)], pieces: ByteTable,
    merges: [MergeTable.Merge], byteTokens: [Int32], unknown: Int32?, fusesUnknown: Bool, ignoresMerges: Bool
  ) {
    self.symbols = symbols
    self.merges = MergeTable(merges)
    self.byteTokens = byteTokens
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    self.pieces = pieces
    words = pieces
    if !ignoresMerges {
      // Of a text without cuts hardly any is one token, so only byte-level words are worth a table.
      words = ByteTable(symbols == .bytes ? reachable(entries) : [])
    }
  }

  /// Appends the tokens of the word in `range`, which must be UTF-8.
  @inline(__always)
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ merger: inout BytePairMerger, into ids: inout [Int32]
  ) {
    if let id = words.id(of: text, range) {
      ids.append(id)
    } else {
      merge(text, range, &merger)
      ids.append(contentsOf: merger.symbols)
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
      var stop = i + 1
      while stop < range.upperBound, text[stop] & 0xC0 == 0x80 { stop += 1 }
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
