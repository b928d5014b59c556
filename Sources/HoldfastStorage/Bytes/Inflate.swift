/// Decompresses a zlib stream whose length is known beforehand.
///
/// Nothing is written beyond the given memory, and a stream that is shorter, longer or damaged is refused, so that a
/// file made to do harm cannot make a reader take more memory than it asked for.
///
/// Source: RFC 1950 (zlib), RFC 1951 (deflate).
struct Inflate {
  private var input: BitReader
  private let output: UnsafeMutableRawBufferPointer
  private var written = 0

  /// Fills `output` with what `source` decompresses to; `false` unless that is exactly as long and its checksum right.
  static func zlib(_ source: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    guard source.count >= 6, source[0] & 15 == 8, source[1] & 0x20 == 0,
      (Int(source[0]) << 8 | Int(source[1])) % 31 == 0
    else { return false }
    let body = UnsafeRawBufferPointer(rebasing: source[2..<(source.count - 4)])
    var inflate = Inflate(input: BitReader(body), output: output)
    guard inflate.run(), inflate.written == output.count else { return false }
    // The checksum follows the last byte of the blocks; what is behind it belongs to nobody.
    let end = 2 + inflate.input.consumed
    let stored = source[end..<(end + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return stored == adler32(UnsafeRawBufferPointer(output))
  }

  private init(input: BitReader, output: UnsafeMutableRawBufferPointer) {
    self.input = input
    self.output = output
  }

  /// Block after block until the last.
  private mutating func run() -> Bool {
    while true {
      guard let isLast = input.take(1), let kind = input.take(2) else { return false }
      let isGood =
        switch kind {
        case 0: copyStored()
        case 1: inflate(HuffmanCode.fixedLiterals, HuffmanCode.fixedDistances)
        case 2: inflateDynamic()
        default: false
        }
      guard isGood else { return false }
      if isLast == 1 { return true }
    }
  }

  private mutating func copyStored() -> Bool {
    input.alignToByte()
    guard let length = input.take(16), let complement = input.take(16), length == complement ^ 0xFFFF,
      length <= output.count - written
    else { return false }
    for _ in 0..<length {
      guard let byte = input.take(8) else { return false }
      output[written] = UInt8(byte)
      written += 1
    }
    return true
  }

  private mutating func inflateDynamic() -> Bool {
    guard let more = input.take(5), let distanceCount = input.take(5), let lengthCount = input.take(4) else {
      return false
    }
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    var lengths = [UInt8](repeating: 0, count: 19)
    for i in 0..<(lengthCount + 4) {
      guard let length = input.take(3) else { return false }
      lengths[order[i]] = UInt8(length)
    }
    guard let code = HuffmanCode(lengths) else { return false }
    let literalCount = more + 257
    let total = literalCount + distanceCount + 1
    var all: [UInt8] = []
    while all.count < total {
      guard let symbol = input.symbol(code) else { return false }
      let (value, extra, least): (UInt8, Int, Int)
      switch symbol {
      case 16:
        guard let last = all.last else { return false }
        (value, extra, least) = (last, 2, 3)
      case 17: (value, extra, least) = (0, 3, 3)
      case 18: (value, extra, least) = (0, 7, 11)
      default: (value, extra, least) = (UInt8(symbol), 0, 1)
      }
      guard let count = input.take(extra), all.count + least + count <= total else { return false }
      all.append(contentsOf: repeatElement(value, count: least + count))
    }
    guard all[256] != 0, let literals = HuffmanCode(Array(all[..<literalCount])),
      let distances = HuffmanCode(Array(all[literalCount...]))
    else { return false }
    return inflate(literals, distances)
  }

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
    227, 258,
  ]
  private static let lengthExtra = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097, 6145,
    8193, 12289, 16385, 24577,
  ]

  private mutating func inflate(_ literals: HuffmanCode, _ distances: HuffmanCode) -> Bool {
    while true {
      guard let symbol = input.symbol(literals) else { return false }
      if symbol < 256 {
        guard written < output.count else { return false }
        output[written] = UInt8(symbol)
        written += 1
        continue
      }
      if symbol == 256 { return true }
      guard symbol - 257 < Self.lengthBase.count, let more = input.take(Self.lengthExtra[symbol - 257]),
        let code = input.symbol(distances), code < Self.distanceBase.count,
        let further = input.take(max(0, code / 2 - 1))
      else { return false }
      let length = Self.lengthBase[symbol - 257] + more
      let distance = Self.distanceBase[code] + further
      guard distance <= written, length <= output.count - written else { return false }
      for place in written..<(written + length) { output[place] = output[place - distance] }
      written += length
    }
  }

  private static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    var place = 0
    while place < bytes.count {
      // So many bytes cannot overflow 32 bits.
      let end = min(place + 5552, bytes.count)
      for byte in bytes[place..<end] {
        a &+= UInt32(byte)
        b &+= a
      }
      a %= 65521
      b %= 65521
      place = end
    }
    return b << 16 | a
  }
}

/// Reads bits, the lowest of a byte first, and never beyond the end.
struct BitReader {
  private let source: UnsafeRawBufferPointer
  private var place = 0
  private var bits: UInt64 = 0
  private var count = 0

  init(_ source: UnsafeRawBufferPointer) { self.source = source }

  /// The bytes of which at least one bit was taken.
  var consumed: Int { place - count / 8 }

  private mutating func refill() {
    while count <= 56, place < source.count {
      bits |= UInt64(source[place]) << UInt64(count)
      place += 1
      count += 8
    }
  }

  /// The next bits, at most 16; `nil` when so many are not left.
  mutating func take(_ wanted: Int) -> Int? {
    if count < wanted { refill() }
    guard count >= wanted else { return nil }
    let value = bits & (1 << UInt64(wanted) - 1)
    bits >>= UInt64(wanted)
    count -= wanted
    return Int(value)
  }

  /// The next symbol of a code; `nil` when the bits are none or end.
  mutating func symbol(_ code: HuffmanCode) -> Int? {
    if count < HuffmanCode.longest { refill() }
    let entry = code.entry(bits)
    guard entry.length > 0, entry.length <= count else { return nil }
    bits >>= UInt64(entry.length)
    count -= entry.length
    return entry.symbol
  }

  /// Passes over what is left of a byte.
  mutating func alignToByte() {
    let rest = count % 8
    bits >>= UInt64(rest)
    count -= rest
  }
}
