import Glibc
public import HoldfastTensor

/// Draws the next token from the likeliest ones that together reach a probability (nucleus sampling, arXiv 1904.09751).
public struct TokenSampler: Sendable {
  private let temperature: Double
  private let topP: Double

  /// Makes a sampler; `topP` of 1 draws from all tokens.
  public init(temperature: Double, topP: Double) {
    self.temperature = temperature
    self.topP = topP
  }

  /// A token, or `nil` when a logit is not a finite number. At temperature 0 the likeliest, the first on a tie.
  public func draw(_ logits: [Float], _ random: inout RandomSource) -> Int32? {
    guard let top = logits.max(), logits.allSatisfy(\.isFinite) else { return nil }
    guard temperature > 0 else { return logits.firstIndex(of: top).map { Int32(truncatingIfNeeded: $0) } }
    let weights = logits.map { exp((Double($0) - Double(top)) / temperature) }
    let nucleus = nucleus(weights)
    var draw = random.uniform() * nucleus.reduce(0) { $0 + weights[$1] }
    for token in nucleus {
      draw -= weights[token]
      if draw < 0 { return Int32(truncatingIfNeeded: token) }
    }
    return nucleus.last.map { Int32(truncatingIfNeeded: $0) }
  }

  /// The smallest set of the heaviest tokens that reaches the share, heaviest first, the lower id first on a tie.
  func nucleus(_ weights: [Double]) -> [Int] {
    let wanted = topP * weights.reduce(0, +)
    let heaviest = weights.max() ?? 0
    // Few tokens matter: only those above a bound are put in order, and the bound is lowered until they suffice.
    var bound = heaviest
    var candidates: [Int] = []
    var sum = 0.0
    repeat {
      bound = bound > heaviest * 1e-12 ? bound / 16 : 0
      candidates = weights.indices.filter { weights[$0] >= bound }
      sum = candidates.reduce(0) { $0 + weights[$1] }
    } while sum < wanted && bound > 0
    candidates.sort { weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1 }
    var kept = 0.0
    let end = candidates.firstIndex { token in
      kept += weights[token]
      return kept >= wanted
    }
    return Array(candidates[...(end ?? candidates.count - 1)])
  }
}

extension TokenSampler {
  /// A token for each row of logits [R, V], each drawn with its own source, on all threads; `nil` where a logit is not a
  /// finite number.
  public func draw(
    rows logits: Tensor, _ randoms: inout [RandomSource], runtime: Runtime = .shared
  ) -> [Int32?] {
    var tokens = [Int32?](repeating: nil, count: randoms.count)
    precondition(logits.shape.count == 2 && logits.shape[0] == randoms.count, "a source for every row")
    randoms.withUnsafeMutableBufferPointer { randoms in
      tokens.withUnsafeMutableBufferPointer { tokens in
        // Every row has its own place in both.
        nonisolated(unsafe) let (randoms, tokens) = (randoms, tokens)
        runtime.parallel(tokens.count) { rows in
          for row in rows { tokens[row] = draw(logits.row(row).array, &randoms[row]) }
        }
      }
    }
    return tokens
  }
}
