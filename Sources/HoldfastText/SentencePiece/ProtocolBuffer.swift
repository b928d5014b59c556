import HoldfastStorage
import HoldfastTensor

/// Reads the fields of one Protocol Buffers message, checking every length (protobuf.dev, "Encoding").
struct ProtocolBuffer {
  /// The value of a field.
  enum Value {
    case number(UInt64)
    case fixed32(UInt32)
    case bytes(Range<Int>)
  }

  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var place: Int
  private let end: Int

  /// Makes a reader of the message in `range`; whoever makes it keeps the bytes alive. `name` is for messages.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, name: String) {
    self.bytes = bytes
    self.name = name
    place = range.lowerBound
    end = range.upperBound
  }

  /// The next field, or `nil` at the end. Throws `corruptData` naming the byte.
  mutating func next() throws(HoldfastError) -> (field: Int, value: Value)? {
    guard place < end else { return nil }
    let key = try number()
    guard key >> 3 > 0, let field = Int(exactly: key >> 3), field < 1 << 29 else {
      throw corrupt("a field has the number \(key >> 3)")
    }
    switch key & 7 {
    case 0: return (field, .number(try number()))
    case 1: return (field, .bytes(try take(8)))
    case 2:
      let length = try number()
      guard let count = Int(exactly: length) else { throw corrupt("field \(field) has \(length) bytes") }
      return (field, .bytes(try take(count)))
    case 5:
      let range = try take(4)
      return (
        field,
        .fixed32(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)))
      )
    default: throw corrupt("field \(field) has wire type \(key & 7); known are 0, 1, 2 and 5")
    }
  }

  /// The error for a message that is wrong where the reader stands.
  func corrupt(_ message: String) -> HoldfastError {
    HoldfastError(
      .corruptData, "\(name), byte \(place): \(message); this is no SentencePiece model, or a damaged one")
  }

  private mutating func take(_ count: Int) throws(HoldfastError) -> Range<Int> {
    guard count <= end - place else { throw corrupt("\(count) bytes are wanted and \(end - place) left") }
    defer { place += count }
    return place..<place + count
  }

  private mutating func number() throws(HoldfastError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard place < end else { throw corrupt("the file ends inside a number") }
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw corrupt("a number has more than ten bytes")
  }
}
