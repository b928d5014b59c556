import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// On which side a text is put.
  enum Side {
    case left, right, center
  }

  /// Python's `split`: at a separator, or at space when there is none; at most `limit` times unless that is below zero.
  func split(_ text: ByteString, by separator: ByteString?, limit: Int, _ line: Int) throws(HoldfastError)
    -> [ByteString]
  {
    let limit = limit < 0 ? Int.max : limit
    guard let separator else { return Self.words(text, limit: limit) }
    guard !separator.isEmpty else { throw error("a text cannot be split at an empty text", line) }
    return Self.cut(text, at: PythonText.occurrences(of: separator, in: text, limit: limit), separator.count)
  }

  /// Python's `rsplit`, which counts from the right.
  func splitFromRight(
    _ text: ByteString, by separator: ByteString?, limit: Int, _ line: Int
  ) throws(HoldfastError) -> [ByteString] {
    guard limit >= 0 else { return try split(text, by: separator, limit: limit, line) }
    // A text read backwards is split from the left.
    let reversed = separator.map { PythonText.text(PythonText.scalars($0).reversed()) }
    let parts = try split(
      PythonText.text(PythonText.scalars(text).reversed()), by: reversed, limit: limit, line)
    return parts.reversed().map { PythonText.text(PythonText.scalars($0).reversed()) }
  }

  private static func cut(_ text: ByteString, at places: [Int], _ length: Int) -> [ByteString] {
    var parts: [ByteString] = []
    var start = 0
    for place in places {
      parts.append(ByteString(text.bytes[start..<place]))
      start = place + length
    }
    return parts + [ByteString(text.bytes[start...])]
  }

  private static func words(_ text: ByteString, limit: Int) -> [ByteString] {
    var words: [ByteString] = []
    var rest = PythonText.scalars(text)[...]
    while true {
      rest = rest.drop(while: PythonText.isSpace)
      guard !rest.isEmpty else { return words }
      guard words.count < limit else {
        return words + [PythonText.strip(PythonText.text(rest), left: false)]
      }
      let word = rest.prefix { !PythonText.isSpace($0) }
      words.append(PythonText.text(word))
      rest = rest.dropFirst(word.count)
    }
  }

  func partition(
    _ text: ByteString, _ separator: ByteString, fromRight: Bool, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    guard !separator.isEmpty else { throw error("a text cannot be split at an empty text", line) }
    let place =
      fromRight
      ? PythonText.lastOccurrence(of: separator, in: text)
      : PythonText.occurrences(of: separator, in: text, limit: 1).first
    guard let place else {
      return .tuple(
        fromRight ? [.string(""), .string(""), .string(text)] : [.string(text), .string(""), .string("")])
    }
    return .tuple([
      .string(ByteString(text.bytes[..<place])), .string(separator),
      .string(ByteString(text.bytes[(place + separator.count)...])),
    ])
  }

  /// A text with spaces around it, `width` characters wide.
  func padded(_ text: ByteString, _ width: Int, _ side: Side, _ line: Int) throws(HoldfastError) -> JinjaValue
  {
    let missing = max(0, width.subtractingReportingOverflow(PythonText.length(text)).partialValue)
    guard missing > 0 else { return .string(text) }
    try charge(bytes: missing, line)
    let left =
      switch side {
      case .left: 0
      case .right: missing
      case .center: missing / 2 + (missing & width & 1)
      }
    func spaces(_ count: Int) -> [UInt8] { Array(repeating: 0x20, count: count) }
    return try made(ByteString(spaces(left) + text.bytes + spaces(missing - left)), line)
  }

  func zeroFilled(_ text: ByteString, _ width: Int, _ line: Int) throws(HoldfastError) -> JinjaValue {
    let missing = max(0, width.subtractingReportingOverflow(PythonText.length(text)).partialValue)
    try charge(bytes: missing, line)
    let isSigned = text.hasPrefix("-") || text.hasPrefix("+")
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: missing)
    return try made(
      ByteString(text.bytes.prefix(isSigned ? 1 : 0) + zeros + text.bytes.dropFirst(isSigned ? 1 : 0)), line)
  }
}

extension PythonText {
  /// Whether there is a letter with case, and the text is what `change` makes of it.
  static func isCased(_ text: ByteString, as change: (ByteString) -> ByteString) -> Bool {
    text.text.unicodeScalars.contains { $0.properties.isCased } && change(text) == text
  }

  /// `str.swapcase`.
  static func swapCase(_ text: ByteString) -> ByteString {
    ByteString(
      text.text.unicodeScalars.reduce(into: "") {
        let properties = $1.properties
        $0 +=
          properties.isUppercase
          ? properties.lowercaseMapping : properties.isLowercase ? properties.uppercaseMapping : String($1)
      })
  }

  /// The questions that Python's `str` answers: `isdigit`, `isalpha` …
  static func holds(_ name: ByteString, _ text: ByteString) -> Bool {
    let scalars = text.text.unicodeScalars
    func all(_ condition: (Unicode.Scalar) -> Bool) -> Bool {
      !scalars.isEmpty && scalars.allSatisfy(condition)
    }
    switch name {
    case "isspace": return all(isSpace)
    case "isdecimal": return all { $0.properties.numericType == .decimal }
    case "isdigit":
      return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalpha": return all(isLetter)
    case "isalnum": return all { isLetter($0) || $0.properties.numericType != nil }
    case "isupper": return isCased(text, as: upper)
    default: return isCased(text, as: lower)
    }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
