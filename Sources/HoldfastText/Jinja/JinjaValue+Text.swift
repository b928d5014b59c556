import HoldfastStorage

extension JinjaValue {
  /// `str(value)`: what `{{ value }}` writes.
  var text: ByteString {
    switch self {
    case .undefined: ""
    case .string(let text): text
    default: representation
    }
  }

  /// `repr(value)`: strings in quotes, as inside a list.
  var representation: ByteString {
    var bytes: [UInt8] = []
    writeRepresentation(into: &bytes)
    return ByteString(bytes)
  }

  private func writeRepresentation(into bytes: inout [UInt8]) {
    switch self {
    case .undefined: bytes += "Undefined".utf8
    case .none: bytes += "None".utf8
    case .bool(let value): bytes += (value ? "True" : "False").utf8
    case .int(let value): bytes += String(value).utf8
    case .float(let value): bytes += Self.text(of: value).utf8
    case .string(let text): Self.write(quoted: text, into: &bytes)
    case .list(let items): Self.write(items.elements, "[", "]", into: &bytes)
    case .tuple(let items):
      Self.write(items.elements, "(", items.elements.count == 1 ? ",)" : ")", into: &bytes)
    case .dictionary(let dictionary):
      Self.write(dictionary, into: &bytes)
    case .namespace(let namespace):
      bytes += "<Namespace ".utf8
      // A namespace may hold itself, so that what stands inside is not written out.
      Self.write(namespace.attributes.entries.map(\.key), "{", "}>", into: &bytes)
    case .loop(let loop): bytes += "<LoopContext \(loop.index + 1)/\(loop.items.elements.count)>".utf8
    case .function(.macro(let macro, _)): bytes += "<Macro '\(macro.name)'>".utf8
    case .function(.global(let name)), .function(.method(_, let name)): bytes += "<function \(name)>".utf8
    }
  }

  private static func write(
    _ elements: [JinjaValue], _ open: String, _ close: String, into bytes: inout [UInt8]
  ) {
    bytes += open.utf8
    for (i, element) in elements.enumerated() {
      if i > 0 { bytes += ", ".utf8 }
      element.writeRepresentation(into: &bytes)
    }
    bytes += close.utf8
  }

  private static func write(_ dictionary: JinjaDictionary, into bytes: inout [UInt8]) {
    bytes += "{".utf8
    for (i, entry) in dictionary.entries.enumerated() {
      if i > 0 { bytes += ", ".utf8 }
      entry.key.writeRepresentation(into: &bytes)
      bytes += ": ".utf8
      entry.value.writeRepresentation(into: &bytes)
    }
    bytes += "}".utf8
  }

  private static func write(quoted text: ByteString, into bytes: inout [UInt8]) {
    let usesDouble = text.bytes.contains(UInt8(ascii: "'")) && !text.bytes.contains(UInt8(ascii: "\""))
    let quote: Unicode.Scalar = usesDouble ? "\"" : "'"
    bytes.append(UInt8(ascii: quote))
    for scalar in text.text.unicodeScalars {
      switch scalar {
      case "\\": bytes += "\\\\".utf8
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      case quote: bytes += "\\\(quote)".utf8
      default:
        if isPrintable(scalar) {
          bytes += String(scalar).utf8
        } else {
          let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          let digits = String(scalar.value, radix: 16)
          bytes +=
            "\\\(letter)\(String(repeating: "0", count: max(0, width - digits.utf8.count)))\(digits)".utf8
        }
      }
    }
    bytes.append(UInt8(ascii: quote))
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return false
    default: return true
    }
  }

  /// `repr` of a float: the shortest digits that identify it, with an exponent below 1e-4 and from 1e16.
  static func text(of value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let (digits, exponent) = decimal(value.magnitude)
    let sign = value.sign == .minus ? "-" : ""
    if value != 0, exponent < -4 || exponent >= 16 {
      let rest = digits.dropFirst()
      let size = String(exponent.magnitude)
      let padded = size.utf8.count < 2 ? "0" + size : size
      return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest) + (exponent < 0 ? "e-" : "e+")
        + padded
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let whole = digits.prefix(exponent + 1)
    let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.utf8.count))
    let fraction = digits.dropFirst(exponent + 1)
    return sign + whole + zeros + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The shortest digits of a number that is not negative, and the power of ten of the first of them.
  private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
    guard value != 0 else { return ("0", 0) }
    let parts = value.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let all = mantissa.joined()
    let leading = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(leading)
    while digits.last == "0", digits.count > 1 { digits.removeLast() }
    return (String(digits), mantissa[0].count - 1 - leading + written)
  }
}
