import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// The methods that templates may call on a value.
  static func methods(of value: JinjaValue) -> Set<ByteString> {
    switch value {
    case .string: textMethods
    case .dictionary: ["items", "keys", "values", "get", "copy"]
    case .list: ["index", "count", "copy"]
    case .tuple: ["index", "count"]
    default: []
    }
  }

  /// The methods of Python that change a value.
  static func forbiddenMethods(of value: JinjaValue) -> Set<ByteString> {
    switch value {
    case .dictionary: ["update", "pop", "popitem", "setdefault", "clear"]
    case .list: ["append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"]
    default: []
    }
  }

  private static let textMethods: Set<ByteString> = [
    "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "startswith", "endswith", "upper", "lower",
    "title",
    "capitalize", "swapcase", "casefold", "replace", "find", "rfind", "index", "rindex", "count", "join",
    "format",
    "removeprefix", "removesuffix", "partition", "rpartition", "zfill", "ljust", "rjust", "center", "isdigit",
    "isnumeric", "isdecimal", "isalpha", "isalnum", "isspace", "isupper", "islower",
  ]

  /// Calls a method of a value.
  func callMethod(
    _ value: JinjaValue, _ name: ByteString, _ call: JinjaCall, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    switch value {
    case .string(let text): return try textMethod(text, name, call, line)
    case .dictionary(let dictionary):
      switch name {
      case "items": return Self.items(dictionary)
      case "keys": return try made(dictionary.entries.map(\.key), line)
      case "values": return try made(dictionary.entries.map(\.value), line)
      case "get":
        let options = try JinjaArgumentReader(call, ["key", "default"], of: "get", self, line)
        return dictionary[try key(options[0], line)] ?? (options.isGiven(1) ? options[1] : .none)
      default: return value
      }
    case .list(let items), .tuple(let items):
      if name == "copy" { return value }
      let wanted = try JinjaArgumentReader(call, ["value"], of: name.text, self, line)[0]
      if name == "count" { return .int(items.elements.count { JinjaValue.equal($0, wanted) }) }
      guard let place = items.elements.firstIndex(where: { JinjaValue.equal($0, wanted) }) else {
        throw error("\(wanted.representation) is not in the list", line)
      }
      return .int(place)
    case .loop(let loop):
      if name == "changed" {
        let isSame = loop.lastChecked.map {
          $0.count == call.positional.count && zip($0, call.positional).allSatisfy(JinjaValue.equal)
        }
        loop.lastChecked = call.positional
        return .bool(isSame != true)
      }
      guard !call.positional.isEmpty else { throw error("'loop.cycle' needs values", line) }
      return call.positional[loop.index % call.positional.count]
    default: throw error("'\(value.typeName)' has no method '\(name)'", line)
    }
  }

  private func textMethod(
    _ text: ByteString, _ name: ByteString, _ call: JinjaCall, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    func reader(_ names: ByteString...) throws(HoldfastError) -> JinjaArgumentReader {
      try JinjaArgumentReader(call, names, of: name.text, self, line)
    }
    switch name {
    case "upper": return try made(PythonText.upper(text), line)
    case "lower": return try made(PythonText.lower(text), line)
    case "casefold": return try made(PythonText.lower(text), line)
    case "title": return try made(PythonText.title(text), line)
    case "capitalize": return try made(PythonText.capitalize(text), line)
    case "swapcase": return try made(PythonText.swapCase(text), line)
    case "strip", "lstrip", "rstrip":
      let characters = try reader("chars").optionalString(0).map { Set(PythonText.scalars($0)) }
      return try made(
        PythonText.strip(text, left: name != "rstrip", right: name != "lstrip") {
          characters?.contains($0) ?? PythonText.isSpace($0)
        }, line)
    case "startswith", "endswith":
      return .bool(try begins(text, isEnd: name == "endswith", try reader("prefix")[0], line))
    case "split", "rsplit":
      let options = try reader("sep", "maxsplit")
      let limit = try options.integer(1, default: -1)
      let separator = try options.optionalString(0)
      let parts =
        name == "split"
        ? try split(text, by: separator, limit: limit, line)
        : try splitFromRight(text, by: separator, limit: limit, line)
      return try made(parts.map(JinjaValue.string), line)
    case "splitlines":
      return try made(
        PythonText.lines(text, keepingEnds: try reader("keepends").isTrue(0)).map(JinjaValue.string), line)
    case "replace":
      let options = try reader("old", "new", "count")
      return try replace(
        text, try options.string(0), try options.string(1), try options.integer(2, default: -1), line)
    case "removeprefix", "removesuffix":
      let part = try reader("prefix").string(0)
      if name == "removeprefix" {
        return .string(text.hasPrefix(part) ? ByteString(text.bytes.dropFirst(part.count)) : text)
      }
      return .string(text.hasSuffix(part) ? ByteString(text.bytes.dropLast(part.count)) : text)
    case "partition", "rpartition":
      return try partition(text, try reader("sep").string(0), fromRight: name == "rpartition", line)
    case "join": return try joinedElements(of: try reader("iterable")[0], with: text, line)
    case "format": return try braceFormat(text, call, line)
    case "zfill": return try zeroFilled(text, try reader("width").integer(0), line)
    case "ljust", "rjust", "center":
      let side: Side = name == "ljust" ? .left : name == "rjust" ? .right : .center
      return try padded(text, try reader("width").integer(0), side, line)
    case "find", "rfind", "index", "rindex", "count":
      return try search(text, name, try reader("sub").string(0), line)
    default: return .bool(PythonText.holds(name, text))
    }
  }

  private func begins(_ text: ByteString, isEnd: Bool, _ wanted: JinjaValue, _ line: Int)
    throws(HoldfastError) -> Bool
  {
    let choices: [JinjaValue] = if case .tuple(let items) = wanted { items.elements } else { [wanted] }
    for choice in choices {
      guard case .string(let part) = choice else {
        throw error("a text begins and ends with texts, not with '\(choice.typeName)'", line)
      }
      if isEnd ? text.hasSuffix(part) : text.hasPrefix(part) { return true }
    }
    return false
  }

  private func search(_ text: ByteString, _ name: ByteString, _ part: ByteString, _ line: Int)
    throws(HoldfastError) -> JinjaValue
  {
    if part.isEmpty {
      let length = PythonText.length(text)
      return .int(name == "count" ? length + 1 : name == "find" || name == "index" ? 0 : length)
    }
    if name == "count" { return .int(PythonText.occurrences(of: part, in: text).count) }
    let place =
      name == "find" || name == "index"
      ? PythonText.occurrences(of: part, in: text, limit: 1).first
      : PythonText.lastOccurrence(of: part, in: text)
    if place == nil, name == "index" || name == "rindex" { throw error("'\(part)' is not in the text", line) }
    return .int(place.map { PythonText.length(ByteString(text.bytes[..<$0])) } ?? -1)
  }

  private func joinedElements(of value: JinjaValue, with separator: ByteString, _ line: Int)
    throws(HoldfastError) -> JinjaValue
  {
    var parts: [[UInt8]] = []
    for element in try elements(of: value, line) {
      guard case .string(let text) = element else {
        throw error("a text joins texts, not '\(element.typeName)'; use the filter 'join'", line)
      }
      parts.append(text.bytes)
      try charge(bytes: text.count + separator.count, line)
    }
    return .string(ByteString(parts.joined(separator: separator.bytes)))
  }
}
