import HoldfastStorage

/// Turns a word into the tokens whose scores add up to the most (Kudo 2018, by the Viterbi algorithm).
struct UnigramEncoder: Sendable {
  /// The scores of a vocabulary.
  struct Scores: Sendable, Hashable {
    /// The logarithm of each token's probability.
    var values: [Double]
    /// Whether sums are rounded to single precision at every step, as SentencePiece does; Hugging Face does not.
    var isSingle = false
  }

  /// Memory that serves many words: the best way to each place, and the tokens of the best way back from the end.
  struct Scratch {
    fileprivate var best: [(score: Double, start: Int32, id: Int32)] = []
    fileprivate var path: [(range: Range<Int>, id: Int32)] = []
  }

  /// How much worse than the worst token an unknown character is.
  private static let unknownPenalty = 10.0

  private let trie: ByteTrie
  private let scores: [Double]
  private let isSingle: Bool
  private let unknownScore: Double
  private let unknown: Int32?
  private let byteTokens: [Int32]

  /// Makes an encoder of tokens. `favored` ids get a score by their length, so that they are always chosen
  /// (SentencePiece's user-defined symbols); `byteTokens` are those of each byte, or -1.
  init(
    pieces: [(token: ByteString, id: Int32)], scores: Scores, favored: Set<Int32>, unknown: Int32?,
    byteTokens: [Int32]
  ) {
    trie = ByteTrie(pieces.map { ($0.token.bytes, $0.id) })
    isSingle = scores.isSingle
    self.unknown = unknown
    self.byteTokens = byteTokens
    // SentencePiece looks at ordinary pieces only, Hugging Face at the whole vocabulary.
    let known =
      isSingle
      ? pieces.filter { !favored.contains($0.id) }.map { scores.values[Int($0.id)] } : scores.values
    let (worst, best) = (known.min() ?? 0, known.max() ?? 0)
    unknownScore = isSingle ? Double(Float(worst) - Float(Self.unknownPenalty)) : worst - Self.unknownPenalty
    var values = scores.values
    for (token, id) in pieces where favored.contains(id) {
      values[Int(id)] = Double(Float(token.count) * Float(best)) - 0.1
    }
    self.scores = values
  }

  /// Appends the tokens of the word in `range`, which must be UTF-8.
  func encode(_ text: Span<UInt8>, _ range: Range<Int>, _ scratch: inout Scratch, into ids: inout [Int32]) {
    findBest(text, range, &scratch)
    var unknownRun: Range<Int>?
    while let (piece, id) = scratch.path.popLast() {
      if id < 0 {
        // Neighbouring unknown characters are one unknown token.
        unknownRun = (unknownRun?.lowerBound ?? piece.lowerBound)..<piece.upperBound
        continue
      }
      if let run = unknownRun { appendUnknown(text, run, into: &ids) }
      unknownRun = nil
      ids.append(id)
    }
    if let run = unknownRun { appendUnknown(text, run, into: &ids) }
  }

  private func appendUnknown(_ text: Span<UInt8>, _ run: Range<Int>, into ids: inout [Int32]) {
    if run.allSatisfy({ byteTokens[Int(text[$0])] >= 0 }) {
      for i in run { ids.append(byteTokens[Int(text[i])]) }
    } else if let unknown {
      ids.append(unknown)
    }
  }

  /// Leaves the tokens of the best way in `scratch.path`, the last first.
  private func findBest(_ text: Span<UInt8>, _ range: Range<Int>, _ scratch: inout Scratch) {
    let base = range.lowerBound
    scratch.best.removeAll(keepingCapacity: true)
    for _ in 0...range.count { scratch.best.append((0, -1, -1)) }
    var i = base
    while i < range.upperBound {
      let length = UTF8Text.length(text[i])
      let here = scratch.best[i - base].score
      let start = Int32(truncatingIfNeeded: i - base)
      var hasSingle = false
      trie.forEachPrefix(text, i..<range.upperBound) { end, id in
        improve(&scratch.best[end - base], here + scores[Int(id)], start, id)
        if end - i == length { hasSingle = true }
      }
      if !hasSingle { improve(&scratch.best[i + length - base], rounded(here + unknownScore), start, -1) }
      i += length
    }
    scratch.path.removeAll(keepingCapacity: true)
    var end = range.count
    while end > 0 {
      let (_, start, id) = scratch.best[end]
      scratch.path.append((base + Int(start)..<base + end, id))
      end = Int(start)
    }
  }

  @inline(__always)
  private func improve(
    _ target: inout (score: Double, start: Int32, id: Int32), _ score: Double, _ start: Int32, _ id: Int32
  ) {
    if target.start < 0 || score > target.score { target = (rounded(score), start, id) }
  }

  @inline(__always)
  private func rounded(_ score: Double) -> Double { isSingle ? Double(Float(score)) : score }
}
