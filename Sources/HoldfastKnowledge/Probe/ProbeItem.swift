import HoldfastStorage

/// A question as tokens: what comes before every answer, and what is scored of each choice.
struct ProbeItem: Equatable {
  /// The tokens that come before the scored ones, the same for all choices.
  var context: [Int32]
  /// The tokens scored of each choice; at least one each.
  var continuations: [[Int32]]

  /// The tokens that are computed at most: the last scored one need not be.
  var length: Int { context.count + (continuations.map(\.count).max() ?? 1) - 1 }

  /// SHA-256 over the lengths and the tokens of context and continuations, as little-endian 32-bit numbers.
  var digest: String {
    var hash = SHA256()
    for tokens in [context] + continuations {
      var bytes: [UInt8] = []
      for word in [Int32(truncatingIfNeeded: tokens.count)] + tokens {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
      hash.update(bytes)
    }
    return hash.hex
  }

  /// Splits whole texts, each the same prompt followed by a choice and tokenised once, at the longest token prefix that
  /// they share with the prompt.
  ///
  /// Where a choice changes how the prompt's end is tokenised, the split moves before that end for every choice, so
  /// that all of them are scored from the same place. Each choice keeps at least one scored token.
  static func splitting(_ texts: [[Int32]], prompt: [Int32]) -> ProbeItem {
    var shared = prompt.count
    for text in texts { shared = min(shared, commonPrefix(prompt, text), text.count - 1) }
    shared = max(shared, 0)
    return ProbeItem(context: Array(prompt[..<shared]), continuations: texts.map { Array($0[shared...]) })
  }

  /// How many tokens two sequences begin with in common.
  static func commonPrefix(_ a: some Collection<Int32>, _ b: some Collection<Int32>) -> Int {
    zip(a, b).prefix { $0 == $1 }.count
  }

  /// The tokens that all contexts begin with, leaving each at least one of its own.
  static func sharedPrefix(_ items: some Collection<ProbeItem>) -> [Int32] {
    guard items.count > 1, let first = items.first else { return [] }
    var length = first.context.count - 1
    for item in items {
      length = min(length, commonPrefix(first.context, item.context), item.context.count - 1)
    }
    return Array(first.context[..<max(length, 0)])
  }
}
