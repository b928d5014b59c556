/// Python's `random` module as far as the paper's code needs it: Mersenne Twister MT19937, `seed(int)` and `shuffle`.
///
/// The published demonstrations were ordered by `random.seed(42); random.shuffle(rows)`; this gives the same order.
/// Source: Matsumoto and Nishimura's mt19937ar (`init_by_array`), CPython's `_randbelow_with_getrandbits`.
public struct PythonRandom: Sendable {
  private var state: [UInt32]
  private var place: Int

  /// The generator after `random.seed(seed)`.
  public init(seed: UInt64) {
    state = Self.stateFromWord(19_650_218)
    place = 624
    let key =
      seed >> 32 == 0
      ? [UInt32(truncatingIfNeeded: seed)] : [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)]
    var (i, j) = (1, 0)
    for _ in 0..<624 {
      state[i] = (state[i] ^ (mixed(i) &* 1_664_525)) &+ key[j] &+ UInt32(j)
      i += 1
      j += 1
      if i == 624 {
        state[0] = state[623]
        i = 1
      }
      if j == key.count { j = 0 }
    }
    for _ in 0..<623 {
      state[i] = (state[i] ^ (mixed(i) &* 1_566_083_941)) &- UInt32(i)
      i += 1
      if i == 624 {
        state[0] = state[623]
        i = 1
      }
    }
    state[0] = 0x8000_0000
  }

  /// The next 32 random bits (`getrandbits(32)`).
  public mutating func next32() -> UInt32 {
    if place == 624 { twist() }
    var y = state[place]
    place += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  /// Shuffles in place exactly as `random.shuffle` does.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for i in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(i, below(UInt32(truncatingIfNeeded: i + 1)))
    }
  }

  /// A uniform number below `bound` (`randbelow`): rejection over the bound's bit length.
  private mutating func below(_ bound: UInt32) -> Int {
    let unused = UInt32(bound.leadingZeroBitCount)
    var value = next32() >> unused
    while value >= bound { value = next32() >> unused }
    return Int(value)
  }

  private static func stateFromWord(_ seed: UInt32) -> [UInt32] {
    var state = [seed]
    for i in 1..<624 {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
    return state
  }

  private func mixed(_ i: Int) -> UInt32 { state[i - 1] ^ (state[i - 1] >> 30) }

  private mutating func twist() {
    for i in 0..<624 {
      let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
    }
    place = 0
  }
}
