import HoldfastStorage

/// Token ids by the bytes of the token: open addressing over one buffer of bytes.
struct ByteTable: Sendable {
  /// Per slot 32 bits of the hash and the entry's number plus one; 0 is an empty slot.
  private var slots: [UInt64]
  private let seed: UInt64
  private var bytes: [UInt8] = []
  private var ends: [UInt32] = []
  private var ids: [Int32] = []

  /// Makes a table of pairs; of equal tokens the first one counts. All tokens together must be below 4 GiB.
  init(_ entries: some Collection<(token: ByteString, id: Int32)>) {
    seed = UInt64.random(in: .min ... .max)
    var size = 16
    while size < 2 * entries.count { size *= 2 }
    slots = Array(repeating: 0, count: size)
    for (token, id) in entries { insert(token.bytes, id) }
  }

  /// The id of the token with the bytes of `range`, or `nil`.
  @inline(__always)
  func id(of text: Span<UInt8>, _ range: Range<Int>) -> Int32? { id(of: text, range, hash(text, range)) }

  /// The hash of a text, for `id`.
  @inline(__always)
  func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 { Self.hash(text, range, seed) }

  /// The id of the token with the bytes of `range` and their hash, or `nil`.
  @inline(__always)
  func id(of text: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64) -> Int32? {
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place] != 0 {
      if slots[place] >> 32 == hash >> 32 {
        let entry = Int(truncatingIfNeeded: slots[place] & 0xFFFF_FFFF) - 1
        if equal(entry, text, range) { return ids[entry] }
      }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The id of a whole token, or `nil`.
  func id(of token: ByteString) -> Int32? { id(of: token.bytes.span, 0..<token.count) }

  private mutating func insert(_ token: [UInt8], _ id: Int32) {
    guard self.id(of: token.span, 0..<token.count) == nil else { return }
    let hash = Self.hash(token.span, 0..<token.count, seed)
    bytes.append(contentsOf: token)
    ends.append(UInt32(truncatingIfNeeded: bytes.count))
    ids.append(id)
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = (hash >> 32) << 32 | UInt64(ids.count)
  }

  private func equal(_ entry: Int, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let start = entry == 0 ? 0 : Int(ends[entry - 1])
    guard Int(ends[entry]) - start == range.count else { return false }
    var i = start
    for place in range {
      if bytes[i] != text[place] { return false }
      i += 1
    }
    return true
  }

  @inline(__always)
  private static func hash(_ text: Span<UInt8>, _ range: Range<Int>, _ seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: range.count)
    var i = range.lowerBound
    while i + 8 <= range.upperBound {
      hash = mix(hash ^ text.bytes.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self))
      i += 8
    }
    var tail: UInt64 = 0
    while i < range.upperBound {
      tail = tail << 8 | UInt64(text[i])
      i += 1
    }
    return mix(hash ^ tail)
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}
