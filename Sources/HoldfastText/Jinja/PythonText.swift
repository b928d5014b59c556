import HoldfastStorage

/// What Python's `str` knows of Unicode, over UTF-8 bytes: templates are written for it.
enum PythonText {
  /// Whether `str.isspace` and `\s` hold for a scalar.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }

  /// Whether `str.splitlines` ends a line at a scalar.
  static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// The scalars of a text.
  static func scalars(_ text: ByteString) -> [Unicode.Scalar] { Array(text.text.unicodeScalars) }

  /// The text of scalars.
  static func text(_ scalars: some Sequence<Unicode.Scalar>) -> ByteString {
    var bytes: [UInt8] = []
    for scalar in scalars {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    return ByteString(bytes)
  }

  /// How many scalars a text has, which is its length in Python.
  static func length(_ text: ByteString) -> Int {
    text.bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
  }

  /// The text without the scalars at its ends for which `strips` holds.
  static func strip(
    _ text: ByteString, left: Bool = true, right: Bool = true, _ strips: (Unicode.Scalar) -> Bool = isSpace
  ) -> ByteString {
    var scalars = text.text.unicodeScalars[...]
    if left { scalars = scalars.drop(while: strips) }
    if right { while let last = scalars.last, strips(last) { scalars.removeLast() } }
    return text.count == scalars.utf8Count ? text : self.text(scalars)
  }

  /// `str.upper`.
  static func upper(_ text: ByteString) -> ByteString {
    ByteString(text.text.unicodeScalars.reduce(into: "") { $0 += $1.properties.uppercaseMapping })
  }

  /// `str.lower`, with the form of sigma that ends a word.
  static func lower(_ text: ByteString) -> ByteString { ByteString(lower(scalars(text)[...])) }

  private static func lower(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var result = ""
    for i in scalars.indices {
      result += scalars[i] == "Σ" && endsWord(i, scalars) ? "ς" : scalars[i].properties.lowercaseMapping
    }
    return result
  }

  private static func endsWord(_ i: Int, _ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    let before = scalars[..<i].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(i + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }

  /// `str.capitalize`.
  static func capitalize(_ text: ByteString) -> ByteString {
    let scalars = scalars(text)
    guard let first = scalars.first else { return text }
    let rest = scalars.indices.dropFirst().reduce(into: "") {
      $0 += scalars[$1] == "Σ" && endsWord($1, scalars[...]) ? "ς" : scalars[$1].properties.lowercaseMapping
    }
    return ByteString(first.properties.titlecaseMapping + rest)
  }

  /// `str.title`: a letter behind a letter is small, any other capital.
  static func title(_ text: ByteString) -> ByteString {
    let scalars = scalars(text)
    var result = ""
    var isInside = false
    for i in scalars.indices {
      let properties = scalars[i].properties
      if isInside {
        result += scalars[i] == "Σ" && endsWord(i, scalars[...]) ? "ς" : properties.lowercaseMapping
      } else {
        result += properties.titlecaseMapping
      }
      isInside = properties.isCased
    }
    return ByteString(result)
  }

  /// `str.splitlines`.
  static func lines(_ text: ByteString, keepingEnds: Bool = false) -> [ByteString] {
    var lines: [ByteString] = []
    var line: [Unicode.Scalar] = []
    let scalars = scalars(text)
    var i = 0
    while i < scalars.count {
      let scalar = scalars[i]
      i += 1
      guard isLineBreak(scalar) else {
        line.append(scalar)
        continue
      }
      if keepingEnds { line.append(scalar) }
      if scalar == "\r", i < scalars.count, scalars[i] == "\n" {
        if keepingEnds { line.append("\n") }
        i += 1
      }
      lines.append(self.text(line))
      line.removeAll(keepingCapacity: true)
    }
    if !line.isEmpty { lines.append(self.text(line)) }
    return lines
  }

  /// The places at which `part` occurs from the left without overlap, at most `limit`; none when it is empty.
  static func occurrences(of part: ByteString, in text: ByteString, limit: Int = .max) -> [Int] {
    // Knuth, Morris and Pratt's search takes linear time, whatever the texts are.
    let (needle, hay) = (part.bytes, text.bytes)
    guard !needle.isEmpty, hay.count >= needle.count, limit > 0 else { return [] }
    let borders = borders(of: needle)
    var places: [Int] = []
    var matched = 0
    for i in hay.indices {
      while matched > 0, hay[i] != needle[matched] { matched = borders[matched - 1] }
      if hay[i] == needle[matched] { matched += 1 }
      guard matched == needle.count else { continue }
      places.append(i + 1 - matched)
      matched = 0
      if places.count >= limit { break }
    }
    return places
  }

  /// For each beginning of `needle`, how long the longest shorter beginning is with which it also ends.
  private static func borders(of needle: [UInt8]) -> [Int] {
    var borders = Array(repeating: 0, count: needle.count)
    var length = 0
    for i in needle.indices.dropFirst() {
      while length > 0, needle[i] != needle[length] { length = borders[length - 1] }
      if needle[i] == needle[length] { length += 1 }
      borders[i] = length
    }
    return borders
  }

  /// The last place at which `part`, which is not empty, occurs.
  static func lastOccurrence(of part: ByteString, in text: ByteString) -> Int? {
    let (reversedPart, reversedText) = (ByteString(part.bytes.reversed()), ByteString(text.bytes.reversed()))
    return occurrences(of: reversedPart, in: reversedText, limit: 1).first.map {
      text.count - $0 - part.count
    }
  }

  /// Whether `part` occurs in `text`.
  static func contains(_ text: ByteString, _ part: ByteString) -> Bool {
    part.isEmpty || !occurrences(of: part, in: text, limit: 1).isEmpty
  }
}

extension Substring.UnicodeScalarView {
  fileprivate var utf8Count: Int { Substring(self).utf8.count }
}
