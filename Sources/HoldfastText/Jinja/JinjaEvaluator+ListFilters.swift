import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// The filters that work on lists and dictionaries.
  func listFilter(
    _ value: JinjaValue, _ name: ByteString, _ call: JinjaCall, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    func reader(_ names: ByteString...) throws(HoldfastError) -> JinjaArgumentReader {
      try JinjaArgumentReader(call, names, of: name.text, self, line)
    }
    switch name {
    case "length", "count":
      guard let length = value.length else { throw error("'\(value.typeName)' has no length", line) }
      return .int(length)
    case "first":
      return try elements(of: value, line).first ?? .undefined("the list is empty and has no first element")
    case "last":
      return try elements(of: value, line).last ?? .undefined("the list is empty and has no last element")
    case "list": return try made(try elements(of: value, line), line)
    case "reverse":
      if case .string(let text) = value {
        return .string(PythonText.text(PythonText.scalars(text).reversed()))
      }
      return try made(try elements(of: value, line).reversed(), line)
    case "items":
      if value.isUndefined { return .list([]) }
      guard case .dictionary(let dictionary) = value else { throw error("'items' needs a dictionary", line) }
      return Self.items(dictionary)
    case "join": return try join(value, try reader("d", "attribute"), line)
    case "map": return try map(value, call, line)
    case "select", "reject": return try select(value, call, keeps: name == "select", byAttribute: false, line)
    case "selectattr", "rejectattr":
      return try select(value, call, keeps: name == "selectattr", byAttribute: true, line)
    case "sort": return try sort(value, try reader("reverse", "case_sensitive", "attribute"), line)
    case "unique": return try unique(value, try reader("case_sensitive", "attribute"), line)
    case "dictsort": return try dictSort(value, try reader("case_sensitive", "by", "reverse"), line)
    case "min", "max":
      return try extreme(value, isMaximum: name == "max", try reader("case_sensitive", "attribute"), line)
    case "sum": return try sum(value, try reader("attribute", "start"), line)
    case "batch": return try batch(value, try reader("linecount", "fill_with"), line)
    case "groupby": return try group(value, try reader("attribute", "default", "case_sensitive"), line)
    default: throw unsupported("the filter '\(name)'", line)
    }
  }

  /// What a filter goes through.
  func elements(of value: JinjaValue, _ line: Int) throws(HoldfastError) -> [JinjaValue] {
    try charge(elements: value.length ?? 0, line)
    guard let elements = value.elements else { throw error("'\(value.typeName)' is not a list", line) }
    return elements
  }

  /// The pairs of a dictionary.
  static func items(_ dictionary: JinjaDictionary) -> JinjaValue {
    .list(dictionary.entries.map { .tuple([$0.key, $0.value]) })
  }

  /// A member by a path such as `function.name` or `0`.
  private func member(_ value: JinjaValue, _ path: JinjaValue, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    guard case .string(let text) = path else { return try element(value, path, line) }
    var result = value
    for part in text.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      let name = ByteString(part)
      if case .undefined = result { return result }
      result = try element(result, Int(name.text).map(JinjaValue.int) ?? .string(name), line)
    }
    return result
  }

  /// What a filter compares by: a member, with texts in small letters unless case counts.
  private func sortKey(
    _ value: JinjaValue, _ attribute: JinjaValue, _ isCaseSensitive: Bool, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    let key = attribute.isUndefined || attribute.isNone ? value : try member(value, attribute, line)
    if case .string(let text) = key, !isCaseSensitive { return .string(PythonText.lower(text)) }
    return key
  }

  private func join(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    let separator = options.isGiven(0) ? try text(of: options[0], line) : ""
    var bytes: [UInt8] = []
    for (place, element) in try elements(of: value, line).enumerated() {
      if place > 0 { bytes += separator.bytes }
      bytes += try text(of: options.isGiven(1) ? try member(element, options[1], line) : element, line).bytes
      try charge(bytes: bytes.count > Self.sizeLimit ? .max : separator.count, line)
    }
    return try made(ByteString(bytes), line)
  }

  private func map(_ value: JinjaValue, _ call: JinjaCall, _ line: Int) throws(HoldfastError) -> JinjaValue {
    var results: [JinjaValue] = []
    let attribute = call.named.first { $0.name == "attribute" }?.value
    let fallback = call.named.first { $0.name == "default" }?.value
    guard attribute != nil || call.positional.first?.isString == true else {
      throw error("'map' needs the name of a filter or 'attribute='", line)
    }
    for element in try elements(of: value, line) {
      if let attribute {
        let found = try member(element, attribute, line)
        results.append(found.isUndefined ? fallback ?? found : found)
      } else {
        let rest = JinjaCall(positional: Array(call.positional.dropFirst()), named: call.named)
        results.append(try filter(element, call.positional[0].text, rest, line))
      }
    }
    return try made(results, line)
  }

  private func select(
    _ value: JinjaValue, _ call: JinjaCall, keeps: Bool, byAttribute: Bool, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    var rest = call.positional[...]
    let attribute = byAttribute ? rest.popFirst() : nil
    guard !byAttribute || attribute != nil else {
      throw error("the filter needs the name of an attribute", line)
    }
    let name = rest.popFirst()
    var chosen: [JinjaValue] = []
    for element in try elements(of: value, line) {
      let subject =
        try attribute.map { path throws(HoldfastError) in try member(element, path, line) } ?? element
      let holds =
        try name.map { name throws(HoldfastError) in
          try test(subject, try text(of: name, line), Array(rest), line)
        } ?? subject.isTrue
      if holds == keeps { chosen.append(element) }
    }
    return try made(chosen, line)
  }

  /// Elements in the order of their keys; equal ones stay as they are.
  private func sorted(
    _ pairs: [(key: JinjaValue, value: JinjaValue)], isReversed: Bool, _ line: Int
  ) throws(HoldfastError) -> [JinjaValue] {
    for pair in pairs.dropFirst() { _ = try precedes(pairs[0].key, pair.key, line) }
    let (size, overflows) = pairs.count.multipliedReportingOverflow(
      by: pairs.reduce(1) { max($0, $1.key.weight) })
    try charge(overflows ? .max : size, line)
    let order = pairs.enumerated().sorted { a, b in
      let (first, second) = isReversed ? (b, a) : (a, b)
      if JinjaValue.precedes(first.element.key, second.element.key) == true { return true }
      if JinjaValue.precedes(second.element.key, first.element.key) == true { return false }
      return a.offset < b.offset
    }
    return order.map(\.element.value)
  }

  private func sort(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var pairs: [(key: JinjaValue, value: JinjaValue)] = []
    for element in try elements(of: value, line) {
      pairs.append((try sortKey(element, options[2], options.isTrue(1), line), element))
    }
    return try made(try sorted(pairs, isReversed: options.isTrue(0), line), line)
  }

  private func dictSort(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int)
    throws(HoldfastError) -> JinjaValue
  {
    guard case .dictionary(let dictionary) = value else { throw error("'dictsort' needs a dictionary", line) }
    let byValue = try options.string(1, default: "key") == "value"
    var pairs: [(key: JinjaValue, value: JinjaValue)] = []
    for entry in dictionary.entries {
      let key = try sortKey(byValue ? entry.value : entry.key, .none, options.isTrue(0), line)
      pairs.append((key, .tuple([entry.key, entry.value])))
    }
    return try made(try sorted(pairs, isReversed: options.isTrue(2), line), line)
  }

  private func unique(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var seen = Set<JinjaDictionary.Key>()
    var results: [JinjaValue] = []
    for element in try elements(of: value, line) {
      let sortKey = try sortKey(element, options[1], options.isTrue(0), line)
      if seen.insert(try key(sortKey, line)).inserted { results.append(element) }
    }
    return try made(results, line)
  }

  private func extreme(
    _ value: JinjaValue, isMaximum: Bool, _ options: JinjaArgumentReader, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    var best: (key: JinjaValue, value: JinjaValue)?
    for element in try elements(of: value, line) {
      let key = try sortKey(element, options[1], options.isTrue(0), line)
      if let current = best {
        let isBetter = isMaximum ? try precedes(current.key, key, line) : try precedes(key, current.key, line)
        if isBetter { best = (key, element) }
      } else {
        best = (key, element)
      }
    }
    return best?.value ?? .undefined("the list is empty and has no smallest or largest element")
  }

  private func sum(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var total = options.isGiven(1) ? options[1] : .int(0)
    for element in try elements(of: value, line) {
      let part = options.isGiven(0) && !options[0].isNone ? try member(element, options[0], line) : element
      total = try arithmetic("+", total, part, line)
    }
    return total
  }

  private func batch(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    let size = try options.integer(0)
    guard size > 0 else { throw error("'batch' needs a size of 1 or more", line) }
    var rows: [JinjaValue] = []
    var row: [JinjaValue] = []
    for element in try elements(of: value, line) {
      if row.count == size {
        rows.append(.list(row))
        row = []
      }
      row.append(element)
    }
    if !row.isEmpty {
      if options.isGiven(1), !options[1].isNone {
        try charge(elements: size, line)
        row += Array(repeating: options[1], count: size - row.count)
      }
      rows.append(.list(row))
    }
    return try made(rows, line)
  }

  private func group(_ value: JinjaValue, _ options: JinjaArgumentReader, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    var pairs: [(key: JinjaValue, value: JinjaValue)] = []
    for element in try elements(of: value, line) {
      var found = try member(element, options[0], line)
      if found.isUndefined, options.isGiven(1) { found = options[1] }
      let key = try sortKey(found, .none, options.isTrue(2), line)
      pairs.append((key, .tuple([key, found, element])))
    }
    var groups: [(key: JinjaValue, name: JinjaValue, members: [JinjaValue])] = []
    for entry in try sorted(pairs, isReversed: false, line) {
      guard let parts = entry.elements, parts.count == 3 else { continue }
      if let last = groups.last, JinjaValue.equal(last.key, parts[0]) {
        groups[groups.count - 1].members.append(parts[2])
      } else {
        groups.append((parts[0], parts[1], [parts[2]]))
      }
    }
    return try made(groups.map { .tuple([$0.name, .list($0.members)]) }, line)
  }
}

extension JinjaValue {
  var isNone: Bool { if case .none = self { true } else { false } }
}
