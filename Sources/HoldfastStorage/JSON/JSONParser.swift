import Glibc
import HoldfastTensor

/// A recursive-descent parser of JSON over bytes.
struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let name: String
  let depthLimit: Int
  private var offset = 0
  private var depth = 0

  init(bytes: UnsafeRawBufferPointer, name: String, depthLimit: Int) {
    self.bytes = bytes
    self.name = name
    self.depthLimit = depthLimit
  }

  mutating func document() throws(HoldfastError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    skipSpace()
    let json = try value()
    skipSpace()
    guard offset == bytes.count else { throw wrong("there is something after the end of the document") }
    return json
  }

  private func wrong(_ message: String, at byte: Int? = nil) -> HoldfastError {
    HoldfastError(.corruptData, "\(name), byte \(byte ?? offset): \(message)")
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  private mutating func value() throws(HoldfastError) -> JSON {
    guard let first = peek else { throw wrong("the document ends where a value should be") }
    switch first {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw wrong("a value cannot begin with \(shown(offset))")
    }
  }

  private func shown(_ byte: Int) -> String {
    let value = bytes[byte]
    return value > 0x20 && value < 0x7F
      ? "'\(Character(UnicodeScalar(value)))'" : "the byte 0x\(String(value, radix: 16))"
  }

  private mutating func literal(_ text: StaticString, _ json: JSON) throws(HoldfastError) -> JSON {
    let expected = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.count - offset >= expected.count,
      bytes[offset..<(offset + expected.count)].elementsEqual(expected)
    else { throw wrong("expected \(text)") }
    offset += expected.count
    return json
  }

  private mutating func enter() throws(HoldfastError) {
    guard depth < depthLimit else { throw wrong("nested more than \(depthLimit) levels deep") }
    depth += 1
    offset += 1
    skipSpace()
  }

  private mutating func leave() {
    depth -= 1
    offset += 1
  }

  private mutating func array() throws(HoldfastError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if peek != UInt8(ascii: "]") {
      while true {
        elements.append(try value())
        skipSpace()
        if peek == UInt8(ascii: "]") { break }
        guard peek == UInt8(ascii: ",") else { throw wrong("expected ',' or ']' in an array") }
        offset += 1
        skipSpace()
      }
    }
    leave()
    return .array(elements)
  }

  private mutating func object() throws(HoldfastError) -> JSON {
    try enter()
    var members: [(key: ByteString, value: JSON)] = []
    if peek != UInt8(ascii: "}") {
      while true {
        guard peek == UInt8(ascii: "\"") else { throw wrong("expected a key in double quotes") }
        let key = try string()
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw wrong("expected ':' after a key") }
        offset += 1
        skipSpace()
        members.append((key, try value()))
        skipSpace()
        if peek == UInt8(ascii: "}") { break }
        guard peek == UInt8(ascii: ",") else { throw wrong("expected ',' or '}' in an object") }
        offset += 1
        skipSpace()
      }
    }
    leave()
    return .object(members)
  }
}

extension JSONParser {
  private mutating func string() throws(HoldfastError) -> ByteString {
    offset += 1
    let start = offset
    var run = start
    var text: [UInt8] = []
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        try appendRun(from: run, to: &text)
        offset += 1
        return ByteString(text)
      case UInt8(ascii: "\\"):
        try appendRun(from: run, to: &text)
        try escape(into: &text)
        run = offset
      case 0..<0x20:
        throw wrong("a control character in a string must be written as an escape")
      default:
        offset += 1
      }
    }
    throw wrong("the document ends inside a string", at: start - 1)
  }

  /// Appends the plain bytes up to `offset`, which must be UTF-8.
  private func appendRun(from start: Int, to text: inout [UInt8]) throws(HoldfastError) {
    let run = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    if let bad = UTF8Check.firstInvalidByte(in: run) {
      throw wrong("\(shown(start + bad)) is not valid UTF-8", at: start + bad)
    }
    text.append(contentsOf: run)
  }

  private mutating func escape(into text: inout [UInt8]) throws(HoldfastError) {
    let start = offset
    offset += 1
    guard let kind = peek else { throw wrong("the document ends inside an escape") }
    offset += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = UInt32(try hex(start))
      if code & 0xFC00 == 0xD800, bytes.count - offset >= 6, bytes[offset] == UInt8(ascii: "\\"),
        bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        let low = UInt32(try hex(start))
        guard low & 0xFC00 == 0xDC00 else { throw wrong("half of a surrogate pair", at: start) }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw wrong("half of a surrogate pair", at: start) }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      throw wrong("there is no escape \\\(shown(offset - 1))", at: start)
    }
  }

  private mutating func hex(_ start: Int) throws(HoldfastError) -> UInt16 {
    guard bytes.count - offset >= 4 else { throw wrong("the document ends inside an escape", at: start) }
    var code: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch bytes[offset] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[offset] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[offset] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[offset] - UInt8(ascii: "A") + 10
      default: throw wrong("\\u needs four hexadecimal digits", at: start)
      }
      code = code << 4 | UInt16(digit)
      offset += 1
    }
    return code
  }

  /// Reads a number: an integer exactly when it fits 64 bits, else the nearest double.
  private mutating func number() throws(HoldfastError) -> JSON {
    let start = offset
    var integer = true
    if peek == UInt8(ascii: "-") { offset += 1 }
    let whole = try digits()
    if whole > 1, bytes[offset - whole] == UInt8(ascii: "0") {
      throw wrong("a number must not begin with 0", at: start)
    }
    if peek == UInt8(ascii: ".") {
      integer = false
      offset += 1
      _ = try digits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      integer = false
      offset += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { offset += 1 }
      _ = try digits()
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if integer, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw wrong("\(text.prefix(40)) is beyond the range of a double", at: start)
    }
    return .number(value)
  }

  private mutating func digits() throws(HoldfastError) -> Int {
    let start = offset
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    guard offset > start else { throw wrong("expected a digit") }
    return offset - start
  }
}
