internal import CHoldfastKernels

/// A seeded stream of random numbers, the same on every machine and in every version (xoshiro256**).
///
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
public struct RandomSource: Sendable, Equatable, RandomNumberGenerator {
  /// The generator's four words; restoring them resumes the stream.
  public private(set) var state: [UInt64]

  /// Starts the stream of a seed (its state filled by SplitMix64).
  public init(seed: UInt64) {
    var split = seed
    state = (0..<4).map { _ in RandomSource.splitMix(&split) }
  }

  /// Resumes a stream; throws `invalidArgument` unless the state has four words that are not all 0.
  public init(state: [UInt64]) throws(HoldfastError) {
    guard state.count == 4, state.contains(where: { $0 != 0 }) else {
      throw HoldfastError(.invalidArgument, "the state of a random source is four words, not all 0")
    }
    self.state = state
  }

  private static func splitMix(_ x: inout UInt64) -> UInt64 {
    defer { x &+= 0x9E37_79B9_7F4A_7C15 }
    return mix(x)
  }

  /// SplitMix64's output for a state: a one-to-one scrambling of 64 bits.
  static func mix(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let x = state[1] &* 5
    let result = ((x << 7) | (x >> 57)) &* 9
    let t = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = (state[3] << 45) | (state[3] >> 19)
    return result
  }

  /// A number in `0 ..< bound`, every one equally likely; `bound` must be positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a random number below \(bound)")
    let bound = UInt64(bound)
    while true {
      let (high, low) = next().multipliedFullWidth(by: bound)
      if low >= (0 &- bound) % bound { return Int(high) }
    }
  }

  /// A number in [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of the standard normal distribution (Marsaglia's polar method).
  public mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let s = x * x + y * y
      if s > 0, s < 1 { return x * (-2 * holdfast_log_double(s) / s).squareRoot() }
    }
  }

  /// Puts the elements into random order (Fisher and Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for i in stride(from: elements.count - 1, through: 1, by: -1) { elements.swapAt(i, below(i + 1)) }
  }

  /// An independent stream, determined by this one's present state and `stream`; this one does not advance.
  public func fork(stream: UInt64) -> RandomSource {
    var mix = stream
    var seed = RandomSource.splitMix(&mix)
    for word in state {
      seed ^= word
      seed = RandomSource.splitMix(&seed)
    }
    return RandomSource(seed: seed)
  }
}
