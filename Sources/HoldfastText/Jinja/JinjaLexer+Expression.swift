import HoldfastStorage
import HoldfastTensor

extension JinjaLexer {
  /// The signs of the expression language, the longest first.
  private static let operators: [StaticString] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=",
    ".", ":", "|", ",", ";",
  ]

  /// Reads what stands inside a tag, up to `%}` or `}}`.
  mutating func readExpression(endsWith close: UInt8) throws(HoldfastError) {
    let isBlock = close == UInt8(ascii: "%")
    let opened = line
    var brackets: [UInt8] = []
    while true {
      move(to: afterSpace(from: position))
      guard position < source.count else {
        throw error("the tag '\(isBlock ? "{%" : "{{")' of line \(opened) is not closed")
      }
      if brackets.isEmpty {
        let sign = byte(position)
        let isSigned = sign == UInt8(ascii: "-") || isBlock && sign == UInt8(ascii: "+")
        let end = isSigned ? position + 1 : position
        if byte(end) == close, byte(end + 1) == UInt8(ascii: "}") {
          add(isBlock ? .blockEnd : .variableEnd)
          return closeTag(behind: end + 2, sign: isSigned ? sign : 0, trims: isBlock)
        }
      }
      try readWord(&brackets)
    }
  }

  private mutating func readWord(_ brackets: inout [UInt8]) throws(HoldfastError) {
    let first = byte(position)
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
    case UInt8(ascii: "'"), UInt8(ascii: "\""): try readString(quote: first)
    default:
      if try readName() { return }
      guard let sign = Self.operators.first(where: { follows($0, at: position) }) else {
        let found = scalar(at: position).map { "'\($0.0)'" } ?? "a byte"
        throw error("\(found) cannot stand in an expression")
      }
      try balance(first, &brackets)
      add(.symbol(ByteString(sign.description)))
      move(to: position + sign.utf8CodeUnitCount)
    }
  }

  private func balance(_ sign: UInt8, _ brackets: inout [UInt8]) throws(HoldfastError) {
    switch sign {
    case UInt8(ascii: "("): brackets.append(UInt8(ascii: ")"))
    case UInt8(ascii: "["): brackets.append(UInt8(ascii: "]"))
    case UInt8(ascii: "{"): brackets.append(UInt8(ascii: "}"))
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      guard brackets.popLast() == sign else {
        throw error("'\(Unicode.Scalar(sign))' does not close what is open")
      }
    default: break
    }
  }

  private mutating func readName() throws(HoldfastError) -> Bool {
    var end = position
    while end < source.count, let (scalar, length) = scalar(at: end) {
      let properties = scalar.properties
      guard scalar == "_" || properties.isXIDContinue else { break }
      end += length
    }
    guard end > position else { return false }
    add(.name(ByteString(source[position..<end])))
    move(to: end)
    return true
  }

  /// The end of the digits, with single `_` between them, from a place.
  private func afterDigits(from start: Int, _ isDigit: (UInt8) -> Bool) -> Int {
    var end = start
    while isDigit(byte(end)) || end > start && byte(end) == UInt8(ascii: "_") && isDigit(byte(end + 1)) {
      end += 1
    }
    return end
  }

  private static func isDecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func readNumber() throws(HoldfastError) {
    if byte(position) == UInt8(ascii: "0"),
      let radix = [UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2][
        byte(position + 1) | 0x20]
    {
      let end = afterDigits(from: position + 2) { Unicode.Scalar($0).properties.isASCIIHexDigit }
      return try addInteger(source[(position + 2)..<end], radix: radix, end)
    }
    var end = afterDigits(from: position, Self.isDecimal)
    var isFloat = false
    if byte(position - 1) != UInt8(ascii: ".") {
      if byte(end) == UInt8(ascii: "."), Self.isDecimal(byte(end + 1)) {
        end = afterDigits(from: end + 1, Self.isDecimal)
        isFloat = true
      }
      if byte(end) | 0x20 == UInt8(ascii: "e") {
        let digits =
          byte(end + 1) == UInt8(ascii: "+") || byte(end + 1) == UInt8(ascii: "-") ? end + 2 : end + 1
        if Self.isDecimal(byte(digits)) {
          end = afterDigits(from: digits, Self.isDecimal)
          isFloat = true
        }
      }
    }
    guard isFloat else { return try addInteger(source[position..<end], radix: 10, end) }
    let text = String(decoding: source[position..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    guard let value = Double(text) else { throw error("'\(text)' is not a number") }
    add(.float(value))
    move(to: end)
  }

  private mutating func addInteger(_ digits: ArraySlice<UInt8>, radix: Int, _ end: Int) throws(HoldfastError)
  {
    let text = String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    guard let value = Int(text, radix: radix) else {
      throw error("the number '\(text)' does not fit 64 bits or is not well-formed")
    }
    add(.integer(value))
    move(to: end)
  }

  private mutating func readString(quote: UInt8) throws(HoldfastError) {
    var text: [UInt8] = []
    var i = position + 1
    while i < source.count, source[i] != quote {
      if source[i] == UInt8(ascii: "\\") {
        i = try readEscape(at: i, into: &text)
      } else {
        text.append(source[i])
        i += 1
      }
    }
    guard i < source.count else { throw error("a string is not closed; \(Unicode.Scalar(quote)) is missing") }
    add(.string(ByteString(text)))
    move(to: i + 1)
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D,
    UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "a"): 0x07,
    UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "v"): 0x0B,
  ]

  /// Reads what begins with a backslash as Python does; what is no escape stays as it is.
  private func readEscape(at start: Int, into text: inout [UInt8]) throws(HoldfastError) -> Int {
    let letter = byte(start + 1)
    if start + 1 >= source.count || letter == 0x0A { return start + 2 }
    if let value = Self.escapes[letter] {
      text.append(value)
      return start + 2
    }
    let isOctal = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) }
    let widths: [UInt8: Int] = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
    var digits = source[start..<start]
    if let width = widths[letter] {
      digits = source[min(start + 2, source.count)..<min(start + 2 + width, source.count)]
      guard digits.count == width, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else {
        throw error("'\\\(Unicode.Scalar(letter))' needs \(width) hexadecimal digits")
      }
    } else if isOctal(letter) {
      digits = source[(start + 1)...].prefix(3).prefix(while: isOctal)
    } else if letter == UInt8(ascii: "N") {
      throw error("names of characters ('\\N{…}') are not supported; write the character itself")
    } else {
      text.append(UInt8(ascii: "\\"))
      return start + 1
    }
    let radix = widths[letter] == nil ? 8 : 16
    guard let value = UInt32(String(decoding: digits, as: UTF8.self), radix: radix),
      let scalar = Unicode.Scalar(value)
    else { throw error("the escape '\\\(Unicode.Scalar(letter))…' is not a character") }
    text.append(contentsOf: String(scalar).utf8)
    return digits.endIndex
  }
}
