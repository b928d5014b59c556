/// Reads the stored tables: numbers in base 36 with marks between them.
struct PackedNumbers {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0

  /// Makes a reader at the start of a stored table.
  init(_ text: StaticString) {
    bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// The next number, or `nil` when a mark or the end comes first.
  mutating func number() -> UInt32? {
    var value: UInt32?
    while place < bytes.count, let digit = Self.digit(bytes[place]) {
      value = (value ?? 0) &* 36 &+ digit
      place += 1
    }
    return value
  }

  /// The next mark, or `nil` at the end.
  mutating func mark() -> UInt8? {
    guard place < bytes.count else { return nil }
    place += 1
    return bytes[place - 1]
  }

  /// The numbers up to the next `;`, or `nil` at the end.
  mutating func list() -> [UInt32]? {
    var numbers: [UInt32] = []
    while let value = number() {
      numbers.append(value)
      if mark() == UInt8(ascii: ";") { break }
    }
    return numbers.isEmpty ? nil : numbers
  }

  /// Ranges up to a space or the end, each written as the gap to the one before and, unless 0, the length less one.
  mutating func ranges() -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var last: UInt32 = 0
    while place < bytes.count, bytes[place] != UInt8(ascii: " "), let entry = list() {
      let start = last + entry[0]
      last = start + (entry.count > 1 ? entry[1] : 0)
      result.append(start...last)
    }
    _ = mark()
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) - 0x30
    case 0x61...0x7A: UInt32(byte) - 0x61 + 10
    default: nil
    }
  }
}
