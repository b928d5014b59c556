import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// Python's `format % values`, with `%s %r %d %i %x %o %f %e %g %c %%`, flags, width and precision.
  func percentFormat(_ format: ByteString, _ values: [JinjaValue], _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var bytes: [UInt8] = []
    var rest = values[...]
    var i = 0
    let source = format.bytes
    while i < source.count {
      guard source[i] == UInt8(ascii: "%") else {
        bytes.append(source[i])
        i += 1
        continue
      }
      let start = i
      i += 1
      while i < source.count, "-+ 0#.123456789".utf8.contains(source[i]) { i += 1 }
      guard i < source.count else { throw error("a format ends behind '%'", line) }
      let letter = Unicode.Scalar(source[i])
      let options = String(decoding: source[(start + 1)..<i], as: UTF8.self)
      i += 1
      if letter == "%" {
        bytes.append(UInt8(ascii: "%"))
        continue
      }
      guard let value = rest.popFirst() else { throw error("the format needs more values", line) }
      bytes += try converted(value, letter, options, line).bytes
      try charge(bytes: bytes.count > Self.sizeLimit ? .max : 16, line)
    }
    guard rest.isEmpty else { throw error("the format does not use all values", line) }
    return try made(ByteString(bytes), line)
  }

  private func converted(
    _ value: JinjaValue, _ letter: Unicode.Scalar, _ options: String, _ line: Int
  ) throws(HoldfastError) -> ByteString {
    let flags = options.prefix { "-+ 0#".contains($0) }
    let sizes = options.dropFirst(flags.count).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let width = sizes.first.flatMap { Int($0) } ?? 0
    let precision = sizes.count > 1 ? Int(sizes[1]) ?? 0 : nil
    guard width <= 4096, precision ?? 0 <= 300 else {
      throw error("the format '%\(options)\(letter)' is too wide", line)
    }
    var result: ByteString
    switch letter {
    case "s", "r":
      let whole = letter == "s" ? try text(of: value, line) : value.representation
      result = precision.map { PythonText.text(PythonText.scalars(whole).prefix($0)) } ?? whole
    case "d", "i", "u", "x", "X", "o":
      guard let number = value.integer ?? value.number.flatMap({ Int(exactly: $0.rounded(.towardZero)) })
      else {
        throw error("'%\(letter)' needs a number, not '\(value.typeName)'", line)
      }
      let radix = letter == "o" ? 8 : letter == "x" || letter == "X" ? 16 : 10
      let digits = String(number.magnitude, radix: radix, uppercase: letter == "X")
      let sign = number < 0 ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : ""
      result = ByteString(sign + digits)
    case "f", "F", "e", "E", "g", "G":
      guard let number = value.number else {
        throw error("'%\(letter)' needs a number, not '\(value.typeName)'", line)
      }
      let signs = flags.filter { "+ #".contains($0) }
      result = ByteString(NumberText.text(number, format: "%\(signs).\(precision ?? 6)\(letter)"))
    default: throw unsupported("the format '%\(letter)'", line)
    }
    let isNumber = letter != "s" && letter != "r"
    if flags.contains("0"), !flags.contains("-"), isNumber {
      guard case .string(let filled) = try zeroFilled(result, width, line) else { return result }
      return filled
    }
    guard case .string(let text) = try padded(result, width, flags.contains("-") ? .left : .right, line)
    else { return result }
    return text
  }

  /// Python's `format.format(…)`, with `{}`, `{0}` and `{name}`.
  func braceFormat(_ format: ByteString, _ call: JinjaCall, _ line: Int) throws(HoldfastError) -> JinjaValue {
    var bytes: [UInt8] = []
    var next = 0
    var i = 0
    let source = format.bytes
    while i < source.count {
      let byte = source[i]
      let isDoubled = i + 1 < source.count && source[i + 1] == byte
      guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), !isDoubled else {
        bytes.append(byte)
        i += isDoubled && (byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")) ? 2 : 1
        continue
      }
      guard byte == UInt8(ascii: "{"), let end = source[i...].firstIndex(of: UInt8(ascii: "}")) else {
        throw error("a brace of a format is not closed", line)
      }
      let field = ByteString(source[(i + 1)..<end])
      i = end + 1
      var value: JinjaValue?
      if let place = field.isEmpty ? next : Int(field.text) {
        if field.isEmpty { next += 1 }
        value = call.positional.indices.contains(place) ? call.positional[place] : nil
      } else {
        guard field.bytes.allSatisfy({ !":!.[".utf8.contains($0) }) else {
          throw unsupported("the field '{\(field)}' of a format", line)
        }
        value = call.named.last { $0.name == field }?.value
      }
      guard let value else { throw error("the format has no value for '{\(field)}'", line) }
      bytes += try text(of: value, line).bytes
      try charge(bytes: bytes.count > Self.sizeLimit ? .max : 16, line)
    }
    return try made(ByteString(bytes), line)
  }
}
