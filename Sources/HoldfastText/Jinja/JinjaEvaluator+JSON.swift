import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// How `tojson` writes.
  private struct Style {
    var escapesNonASCII = false
    var indent: ByteString?
    var comma: ByteString = ", "
    var colon: ByteString = ": "
    var sortsKeys = false
  }

  /// The filter `tojson` as transformers has it, which is Python's `json.dumps` with `ensure_ascii` off.
  func json(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var style = Style(escapesNonASCII: options.isTrue(0), sortsKeys: options.isTrue(3))
    if case .string(let text) = options[1] {
      style.indent = text
    } else if options.isGiven(1), !options[1].isNone {
      let width = max(try options.integer(1), 0)
      try charge(bytes: width, line)
      style.indent = ByteString(repeatElement(0x20, count: width))
    }
    if style.indent != nil { style.comma = "," }
    if let separators = options.isGiven(2) ? options[2].elements : nil {
      guard separators.count == 2 else { throw error("the separators of 'tojson' are two texts", line) }
      (style.comma, style.colon) = (separators[0].text, separators[1].text)
    }
    var bytes: [UInt8] = []
    try write(value, style, level: 0, into: &bytes, line)
    return try made(ByteString(bytes), line)
  }

  private func write(
    _ value: JinjaValue, _ style: Style, level: Int, into bytes: inout [UInt8], _ line: Int
  ) throws(HoldfastError) {
    try charge(bytes: bytes.count > Self.sizeLimit ? .max : 1, line)
    switch value {
    case .none: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .int(let value): bytes += String(value).utf8
    case .float(let value): bytes += Self.jsonNumber(value).utf8
    case .string(let text): Self.write(text, style, into: &bytes)
    case .list(let items), .tuple(let items):
      try writeList("[", "]", items.elements.count, style, level, into: &bytes, line) {
        place, bytes throws(HoldfastError) in
        try write(items.elements[place], style, level: level + 1, into: &bytes, line)
      }
    case .dictionary(let dictionary):
      var entries = dictionary.entries
      if style.sortsKeys { entries.sort { JinjaValue.precedes($0.key, $1.key) == true } }
      try writeList("{", "}", entries.count, style, level, into: &bytes, line) {
        place, bytes throws(HoldfastError) in
        let key = entries[place].key
        if key.isString {
          Self.write(key.text, style, into: &bytes)
        } else {
          bytes.append(UInt8(ascii: "\""))
          try write(key, style, level: level + 1, into: &bytes, line)
          bytes.append(UInt8(ascii: "\""))
        }
        bytes += style.colon.bytes
        try write(entries[place].value, style, level: level + 1, into: &bytes, line)
      }
    case .undefined(let what): throw error("\(what), and 'tojson' cannot write it", line)
    case .namespace, .loop, .function: throw error("'tojson' cannot write '\(value.typeName)'", line)
    }
  }

  private func writeList(
    _ open: String, _ close: String, _ count: Int, _ style: Style, _ level: Int, into bytes: inout [UInt8],
    _ line: Int, _ each: (Int, inout [UInt8]) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    bytes += open.utf8
    for place in 0..<count {
      if place > 0 { bytes += style.comma.bytes }
      try startLine(style, level + 1, into: &bytes, line)
      try each(place, &bytes)
    }
    if count > 0 { try startLine(style, level, into: &bytes, line) }
    bytes += close.utf8
  }

  private func startLine(_ style: Style, _ level: Int, into bytes: inout [UInt8], _ line: Int)
    throws(HoldfastError)
  {
    guard let indent = style.indent else { return }
    try charge(bytes: bytes.count > Self.sizeLimit ? .max : indent.count * level, line)
    bytes.append(0x0A)
    for _ in 0..<level { bytes += indent.bytes }
  }

  private static func jsonNumber(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? value < 0 ? "-Infinity" : "Infinity" : JinjaValue.text(of: value)
  }

  private static func write(_ text: ByteString, _ style: Style, into bytes: inout [UInt8]) {
    func escape(_ unit: UInt16) {
      let digits = String(unit, radix: 16)
      bytes += "\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8
    }
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.text.unicodeScalars {
      switch scalar {
      case "\"": bytes += "\\\"".utf8
      case "\\": bytes += "\\\\".utf8
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      case "\u{08}": bytes += "\\b".utf8
      case "\u{0C}": bytes += "\\f".utf8
      default:
        if scalar.value < 0x20 || style.escapesNonASCII && scalar.value >= 0x7F {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          bytes += String(scalar).utf8
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
