import HoldfastStorage

extension JinjaValue {
  /// Python's `==`.
  static func equal(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let x), .string(let y)): return x == y
    case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
      return x.elements.count == y.elements.count && zip(x.elements, y.elements).allSatisfy(equal)
    case (.dictionary(let x), .dictionary(let y)):
      guard x.entries.count == y.entries.count else { return false }
      return x.entries.allSatisfy { entry in
        guard let key = JinjaDictionary.key(entry.key), let other = y[key] else { return false }
        return equal(entry.value, other)
      }
    case (.namespace(let x), .namespace(let y)): return x === y
    case (.loop(let x), .loop(let y)): return x === y
    default:
      if let x = a.integer, let y = b.integer { return x == y }
      if let x = a.number, let y = b.number { return x == y }
      return false
    }
  }

  /// Whether `a` comes before `b`, or `nil` when Python refuses to compare them.
  static func precedes(_ a: JinjaValue, _ b: JinjaValue) -> Bool? {
    switch (a, b) {
    case (.string(let x), .string(let y)): return x < y
    case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
      for (left, right) in zip(x.elements, y.elements) where !equal(left, right) {
        return precedes(left, right)
      }
      return x.elements.count < y.elements.count
    default:
      if let x = a.integer, let y = b.integer { return x < y }
      if let x = a.number, let y = b.number { return x < y }
      return nil
    }
  }

  /// What a loop goes through, or `nil` when it is nothing to go through.
  var elements: [JinjaValue]? {
    switch self {
    case .undefined: []
    case .string(let text): PythonText.scalars(text).map { .string(ByteString(String($0))) }
    case .list(let items), .tuple(let items): items.elements
    case .dictionary(let dictionary): dictionary.entries.map(\.key)
    case .loop(let loop): loop.items.elements
    default: nil
    }
  }

  /// `len(value)`, or `nil` when it has none.
  var length: Int? {
    switch self {
    case .undefined: 0
    case .string(let text): PythonText.length(text)
    case .list(let items), .tuple(let items): items.elements.count
    case .dictionary(let dictionary): dictionary.entries.count
    case .loop(let loop): loop.items.elements.count
    default: nil
    }
  }
}
