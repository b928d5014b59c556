import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// Applies a filter by name: those of jinja2 that work on texts and single values; the others follow.
  func filter(
    _ value: JinjaValue, _ name: ByteString, _ call: JinjaCall, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    try charge(value.weight, line)
    func reader(_ names: ByteString...) throws(HoldfastError) -> JinjaArgumentReader {
      try JinjaArgumentReader(call, names, of: name.text, self, line)
    }
    switch name {
    case "default", "d":
      let options = try reader("default_value", "boolean")
      let isMissing = value.isUndefined || options.isTrue(1) && !value.isTrue
      return isMissing ? options.isGiven(0) ? options[0] : .string("") : value
    case "upper": return try made(PythonText.upper(try text(of: value, line)), line)
    case "lower": return try made(PythonText.lower(try text(of: value, line)), line)
    case "capitalize": return try made(PythonText.capitalize(try text(of: value, line)), line)
    case "title": return try made(Self.titleFilter(try text(of: value, line)), line)
    case "trim": return try trim(value, try reader("chars").optionalString(0), line)
    case "string": return .string(try text(of: value, line))
    case "safe": return value
    case "escape", "e": return try made(Self.escaped(try text(of: value, line)), line)
    case "replace":
      let options = try reader("s", "new", "count")
      let (old, new) = (try text(of: options[0], line), try text(of: options[1], line))
      return try replace(try text(of: value, line), old, new, try options.integer(2, default: -1), line)
    case "tojson":
      return try json(value, try reader("ensure_ascii", "indent", "separators", "sort_keys"), line)
    case "indent": return try indent(try text(of: value, line), try reader("width", "first", "blank"), line)
    case "center":
      return try padded(try text(of: value, line), try reader("width").integer(0, default: 80), .center, line)
    case "wordcount":
      return .int(try split(try text(of: value, line), by: nil, limit: -1, line).count)
    case "format":
      guard call.named.isEmpty else { throw unsupported("'format' with named values", line) }
      return try percentFormat(try text(of: value, line), call.positional, line)
    case "int":
      let options = try reader("default", "base")
      return try integer(
        value, default: options.isGiven(0) ? options[0] : .int(0), options.integer(1, default: 10))
    case "float":
      let options = try reader("default")
      let number = value.number ?? (value.isString ? Self.number(value.text) : nil)
      return number.map(JinjaValue.float) ?? (options.isGiven(0) ? options[0] : .float(0))
    case "abs": return try absolute(value, line)
    case "round": return try round(value, try reader("precision", "method"), line)
    case "attr": return try plainAttribute(value, try reader("name").string(0), line)
    default: return try listFilter(value, name, call, line)
    }
  }

  func trim(_ value: JinjaValue, _ characters: ByteString?, _ line: Int) throws(HoldfastError) -> JinjaValue {
    let text = try text(of: value, line)
    guard let characters else { return try made(PythonText.strip(text), line) }
    let set = Set(PythonText.scalars(characters))
    return try made(PythonText.strip(text, set.contains), line)
  }

  /// Replaces `old` by `new`, at most `count` times unless that is below zero.
  func replace(
    _ text: ByteString, _ old: ByteString, _ new: ByteString, _ count: Int, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    let limit = count < 0 ? Int.max : count
    var places: [Int]
    if old.isEmpty {
      places = text.bytes.indices.filter { text.bytes[$0] & 0xC0 != 0x80 } + [text.count]
      places = Array(places.prefix(limit))
    } else {
      places = PythonText.occurrences(of: old, in: text, limit: limit)
    }
    let (growth, overflows) = new.count.multipliedReportingOverflow(by: places.count)
    try charge(bytes: overflows ? .max : text.count + min(growth, Self.sizeLimit + 1), line)
    var bytes: [UInt8] = []
    var done = 0
    for place in places {
      bytes += text.bytes[done..<place]
      bytes += new.bytes
      done = place + old.count
    }
    return .string(ByteString(bytes + text.bytes[done...]))
  }

  /// jinja2's own `title`, whose words begin behind spaces, hyphens and opening brackets.
  private static func titleFilter(_ text: ByteString) -> ByteString {
    var result: [UInt8] = []
    var word: [Unicode.Scalar] = []
    func finish() {
      guard let first = word.first else { return }
      result += PythonText.upper(ByteString(String(first))).bytes
      result += PythonText.lower(PythonText.text(word.dropFirst())).bytes
      word.removeAll()
    }
    for scalar in text.text.unicodeScalars {
      if PythonText.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar) {
        finish()
        result += String(scalar).utf8
      } else {
        word.append(scalar)
      }
    }
    finish()
    return ByteString(result)
  }

  private static func escaped(_ text: ByteString) -> ByteString {
    var bytes: [UInt8] = []
    for byte in text.bytes {
      switch Unicode.Scalar(byte) {
      case "&": bytes += "&amp;".utf8
      case "<": bytes += "&lt;".utf8
      case ">": bytes += "&gt;".utf8
      case "'": bytes += "&#39;".utf8
      case "\"": bytes += "&#34;".utf8
      default: bytes.append(byte)
      }
    }
    return ByteString(bytes)
  }

  private func indent(_ text: ByteString, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var margin = ByteString("")
    if case .string(let written) = options[0] {
      margin = written
    } else {
      let width = max(try options.integer(0, default: 4), 0)
      try charge(bytes: width, line)
      margin = ByteString(repeatElement(0x20, count: width))
    }
    let indentsBlank = options.isTrue(2)
    var bytes = options.isTrue(1) ? margin.bytes : []
    for (place, part) in PythonText.lines(text + "\n").enumerated() {
      if place > 0 { bytes.append(0x0A) }
      if place > 0, indentsBlank || !part.isEmpty { bytes += margin.bytes }
      bytes += part.bytes
      try charge(bytes: bytes.count > Self.sizeLimit ? .max : part.count + margin.count, line)
    }
    return .string(ByteString(bytes))
  }

  // MARK: Numbers

  /// A number as Python's `float` reads it.
  static func number(_ text: ByteString) -> Double? {
    let digits = PythonText.strip(text).text
    guard !digits.lowercased().contains("x"), !digits.contains("(") else { return nil }
    return Double(digits)
  }

  /// jinja2's `int`: the number at the beginning of the value, or `fallback`.
  private func integer(_ value: JinjaValue, default fallback: JinjaValue, _ base: Int) -> JinjaValue {
    if case .string(let text) = value {
      let digits = PythonText.strip(text).text
      if (2...36).contains(base), let number = Int(digits, radix: base) { return .int(number) }
      return Self.number(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(JinjaValue.int)
        ?? fallback
    }
    if let integer = value.integer { return .int(integer) }
    return value.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(JinjaValue.int) ?? fallback
  }

  private func absolute(_ value: JinjaValue, _ line: Int) throws(HoldfastError) -> JinjaValue {
    if let integer = value.integer, integer >= 0 { return .int(integer) }
    if case .float(let number) = value { return .float(number.magnitude) }
    return try signed(value, isNegative: true, line)
  }

  private func round(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    let precision = try options.integer(0, default: 0)
    let method = try options.string(1, default: "common")
    guard let number = value.number else {
      throw error("'round' needs a number, not '\(value.typeName)'", line)
    }
    guard (0...15).contains(precision) else { throw unsupported("'round' to \(precision) places", line) }
    if method == "common" {
      if let integer = value.integer { return .int(integer) }
      return .float(NumberText.rounded(number, places: precision))
    }
    let scale = (0..<precision).reduce(1.0) { product, _ in product * 10 }
    switch method {
    case "ceil": return .float((number * scale).rounded(.up) / scale)
    case "floor": return .float((number * scale).rounded(.down) / scale)
    default: throw error("the method of 'round' is common, ceil or floor, not '\(method)'", line)
    }
  }

  /// jinja2's `attr`, which looks at attributes and not at members.
  private func plainAttribute(_ value: JinjaValue, _ name: ByteString, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    if case .dictionary = value, !Self.methods(of: value).contains(name) {
      return .undefined("'dict' has no attribute '\(name)'")
    }
    return try attribute(value, name, line)
  }
}
