import HoldfastStorage
import HoldfastTensor

/// Cuts a template into tokens, as jinja2 3.1 does with `trim_blocks` and `lstrip_blocks` on.
struct JinjaLexer {
  /// The longest template; published ones have a few kilobytes.
  static let sizeLimit = 1 << 20

  let source: [UInt8]
  let name: String
  var position = 0
  var line = 1
  var tokens: [JinjaToken] = []
  /// Whether what was read last ended with a line.
  private var isLineStart = true

  /// The tokens of `source`; `name` is the template's in messages.
  static func tokens(_ source: String, name: String) throws(HoldfastError) -> [JinjaToken] {
    guard source.utf8.count <= sizeLimit else {
      throw HoldfastError(
        .unsupported, "\(name): the template has \(source.utf8.count) bytes; at most \(sizeLimit) are read")
    }
    var lexer = JinjaLexer(source: normalized(source), name: name)
    try lexer.readAll()
    return lexer.tokens
  }

  private init(source: [UInt8], name: String) {
    self.source = source
    self.name = name
  }

  /// Lines end in `\n`, and one at the very end is dropped.
  private static func normalized(_ source: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.utf8.count)
    var wasReturn = false
    for byte in source.utf8 {
      if byte == 0x0A, wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = byte == 0x0D
      bytes.append(wasReturn ? 0x0A : byte)
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    return bytes
  }

  func error(_ message: String) -> HoldfastError {
    HoldfastError(.corruptData, "\(name), line \(line): \(message)")
  }

  func byte(_ place: Int) -> UInt8 { place >= 0 && place < source.count ? source[place] : 0 }

  func follows(_ text: StaticString, at place: Int) -> Bool {
    guard place >= 0, place + text.utf8CodeUnitCount <= source.count else { return false }
    return text.withUTF8Buffer { source[place..<place + $0.count].elementsEqual($0) }
  }

  mutating func add(_ kind: JinjaToken.Kind) { tokens.append(JinjaToken(kind: kind, line: line)) }

  /// Goes on to `place`, counting lines.
  mutating func move(to place: Int) {
    guard place > position else { return }
    for i in position..<place where source[i] == 0x0A { line += 1 }
    isLineStart = source[place - 1] == 0x0A
    position = place
  }

  private mutating func readAll() throws(HoldfastError) {
    while position < source.count {
      var tag = position
      while tag < source.count, !(byte(tag) == UInt8(ascii: "{") && "{%#".utf8.contains(byte(tag + 1))) {
        tag += 1
      }
      guard tag < source.count else {
        add(.data(ByteString(source[position...])))
        move(to: source.count)
        break
      }
      try readTag(at: tag)
    }
    add(.end)
  }

  private mutating func readTag(at tag: Int) throws(HoldfastError) {
    let kind = byte(tag + 1)
    var inside = tag + 2
    let sign = byte(inside)
    let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    if isSigned { inside += 1 }
    addData(upTo: tag, sign: isSigned ? sign : 0, isVariable: kind == UInt8(ascii: "{"))
    if kind == UInt8(ascii: "#") { return try skipComment(from: inside) }
    if kind == UInt8(ascii: "%"), let content = rawContent(from: inside) { return try readRaw(from: content) }
    move(to: inside)
    isLineStart = false
    if kind == UInt8(ascii: "{") {
      add(.variableBegin)
      try readExpression(endsWith: UInt8(ascii: "}"))
    } else {
      add(.blockBegin)
      try readExpression(endsWith: UInt8(ascii: "%"))
    }
  }

  /// The text before a tag: `-` takes away all space before it; a statement or comment takes away the indentation of its line.
  private mutating func addData(upTo tag: Int, sign: UInt8, isVariable: Bool) {
    var end = tag
    if sign == UInt8(ascii: "-") {
      end = position + PythonText.strip(ByteString(source[position..<tag]), left: false).count
    } else if sign == 0, !isVariable {
      let lineStart = source[position..<tag].lastIndex(of: 0x0A).map { $0 + 1 } ?? position
      if lineStart > position || isLineStart,
        PythonText.strip(ByteString(source[lineStart..<tag])).isEmpty
      {
        end = lineStart
      }
    }
    if end > position { add(.data(ByteString(source[position..<end]))) }
    move(to: tag)
  }

  private mutating func skipComment(from start: Int) throws(HoldfastError) {
    var end = start
    while end < source.count, !follows("#}", at: end) { end += 1 }
    guard end < source.count else { throw error("a comment '{#' is not closed; '#}' is missing") }
    let sign = end > start ? byte(end - 1) : 0
    closeTag(behind: end + 2, sign: sign, trims: true)
  }

  /// Goes behind a tag: `-` takes the space that follows, no sign the line's end where `trims` is on.
  mutating func closeTag(behind place: Int, sign: UInt8, trims: Bool) {
    var end = place
    if sign == UInt8(ascii: "-") {
      end = afterSpace(from: place)
    } else if sign != UInt8(ascii: "+"), trims, byte(place) == 0x0A {
      end += 1
    }
    move(to: end)
  }

  /// The first place from `start` that is no space.
  func afterSpace(from start: Int) -> Int {
    var end = start
    while end < source.count, let (scalar, length) = scalar(at: end), PythonText.isSpace(scalar) {
      end += length
    }
    return end
  }

  /// The scalar that begins at a place.
  func scalar(at place: Int) -> (Unicode.Scalar, Int)? {
    let length = byte(place) < 0x80 ? 1 : byte(place) < 0xE0 ? 2 : byte(place) < 0xF0 ? 3 : 4
    guard place + length <= source.count else { return nil }
    return String(decoding: source[place..<place + length], as: UTF8.self).unicodeScalars.first.map {
      ($0, length)
    }
  }

  /// Where the content begins when `{% raw %}` stands at `start`, the place behind `{%`.
  private func rawContent(from start: Int) -> Int? {
    let word = afterSpace(from: start)
    guard follows("raw", at: word) else { return nil }
    let end = afterSpace(from: word + 3)
    if follows("-%}", at: end) { return afterSpace(from: end + 3) }
    return follows("%}", at: end) ? end + 2 : nil
  }

  private mutating func readRaw(from content: Int) throws(HoldfastError) {
    move(to: content)
    var tag = content
    while tag < source.count {
      if follows("{%", at: tag) {
        let isSigned = byte(tag + 2) == UInt8(ascii: "-") || byte(tag + 2) == UInt8(ascii: "+")
        let word = afterSpace(from: tag + (isSigned ? 3 : 2))
        let end = follows("endraw", at: word) ? afterSpace(from: word + 6) : source.count
        let sign = byte(end)
        let close = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") ? end + 1 : end
        if follows("%}", at: close) {
          addData(upTo: tag, sign: isSigned ? byte(tag + 2) : 0, isVariable: false)
          closeTag(behind: close + 2, sign: close > end ? sign : 0, trims: true)
          return
        }
      }
      tag += 1
    }
    throw error("'{% raw %}' is not closed; '{% endraw %}' is missing")
  }
}
