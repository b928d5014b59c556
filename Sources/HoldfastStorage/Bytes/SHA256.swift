internal import CHoldfastKernels
public import HoldfastTensor

/// The SHA-256 digest of a stream of bytes (FIPS 180-4).
public struct SHA256: Sendable {
  private var state: SIMD8<UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  /// Makes the digest of nothing.
  public init() {}

  /// Goes on with the next bytes of the stream.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      state = pending.withUnsafeBytes { Self.compress(state, $0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count & ~63
    state = Self.compress(state, UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Goes on with the bytes of an array.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes so far, 32 bytes; the stream may go on.
  public var digest: [UInt8] {
    var tail = pending + [0x80]
    while tail.count % 64 != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (length &* 8) >> UInt64(shift)))
    }
    let final = tail.withUnsafeBytes { Self.compress(state, $0) }
    return (0..<8).flatMap { i in
      (0..<4).map { UInt8(truncatingIfNeeded: final[i] >> UInt32(24 - 8 * $0)) }
    }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  public var hex: String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The hexadecimal digest of an array of bytes.
  public static func hex(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hex
  }

  /// The hexadecimal digest of a file; `progress` counts megabytes and may cancel.
  public static func hex(
    file: MappedFile, progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> String {
    defer { withExtendedLifetime(file) {} }
    var hash = SHA256()
    let step = 16 << 20
    for start in stride(from: 0, to: file.count, by: step) {
      hash.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<min(start + step, file.count)]))
      try Progress(
        stage: "checksum", done: min(start + step, file.count) >> 20, total: file.count >> 20, unit: "MB"
      ).report(to: progress)
    }
    return hash.hex
  }

  /// The hexadecimal digest of the file at `path`.
  public static func hex(path: String) throws(HoldfastError) -> String {
    try hex(file: MappedFile(path: path))
  }
}

extension SHA256 {
  private static let isAccelerated = holdfast_cpu_describe().sha

  /// The state after whole blocks of 64 bytes.
  static func compress(_ initial: SIMD8<UInt32>, _ blocks: UnsafeRawBufferPointer) -> SIMD8<UInt32> {
    guard isAccelerated, let base = blocks.baseAddress else { return compressed(initial, blocks) }
    var state = initial
    withUnsafeMutableBytes(of: &state) {
      if let words = $0.assumingMemoryBound(to: UInt32.self).baseAddress {
        holdfast_sha256(words, base, blocks.count / 64)
      }
    }
    return state
  }

  /// The reference: the same without the processor's own instructions.
  static func compressed(_ initial: SIMD8<UInt32>, _ blocks: UnsafeRawBufferPointer) -> SIMD8<UInt32> {
    guard let base = blocks.baseAddress else { return initial }
    var state = initial
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { ring in
      constants.withUnsafeBufferPointer { k in
        guard let w = ring.baseAddress, let k = k.baseAddress else { return }
        for start in stride(from: 0, to: blocks.count, by: 64) {
          state = state &+ rounds(state, base + start, w, k)
        }
      }
    }
    return state
  }

  /// The 64 rounds over one block; `w` holds the last 16 words of the message schedule.
  @inline(__always)
  private static func rounds(
    _ state: SIMD8<UInt32>, _ block: UnsafeRawPointer, _ w: UnsafeMutablePointer<UInt32>,
    _ k: UnsafePointer<UInt32>
  ) -> SIMD8<UInt32> {
    for i in 0..<16 {
      w[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 &* i, as: UInt32.self))
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    var i = 0
    while i < 64 {
      // Eight rounds, after which every variable is back in its place.
      round(a, b, c, &d, e, f, g, &h, w, k, i)
      round(h, a, b, &c, d, e, f, &g, w, k, i &+ 1)
      round(g, h, a, &b, c, d, e, &f, w, k, i &+ 2)
      round(f, g, h, &a, b, c, d, &e, w, k, i &+ 3)
      round(e, f, g, &h, a, b, c, &d, w, k, i &+ 4)
      round(d, e, f, &g, h, a, b, &c, w, k, i &+ 5)
      round(c, d, e, &f, g, h, a, &b, w, k, i &+ 6)
      round(b, c, d, &e, f, g, h, &a, w, k, i &+ 7)
      i &+= 8
    }
    return SIMD8(a, b, c, d, e, f, g, h)
  }

  /// One round: the new `e` takes the place of `d`, the new `a` that of `h`.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ w: UnsafeMutablePointer<UInt32>, _ k: UnsafePointer<UInt32>, _ i: Int
  ) {
    let word = w[i & 15]
    let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    let t1 = h &+ s1 &+ (g ^ (e & (f ^ g))) &+ k[i] &+ word
    let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    d = d &+ t1
    h = t1 &+ s0 &+ ((a & b) | (c & (a | b)))
    // The word for 16 rounds from now.
    let x = w[(i &+ 1) & 15]
    let y = w[(i &+ 14) & 15]
    let r0 = rotated(x, 7) ^ rotated(x, 18) ^ x >> 3
    let r1 = rotated(y, 17) ^ rotated(y, 19) ^ y >> 10
    w[i & 15] = word &+ r0 &+ w[(i &+ 9) & 15] &+ r1
  }

  @inline(__always)
  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
