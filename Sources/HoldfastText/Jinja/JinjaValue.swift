import HoldfastStorage

/// A value of a template, with the meaning it has in Python.
///
/// Lists and dictionaries never change: transformers evaluates templates in a sandbox that forbids it.
enum JinjaValue {
  /// What is not there; the text says what was asked for.
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(ByteString)
  case list(JinjaItems)
  case tuple(JinjaItems)
  case dictionary(JinjaDictionary)
  case namespace(JinjaNamespace)
  case loop(JinjaLoop)
  case function(JinjaFunction)

  /// Makes a list.
  static func list(_ elements: [JinjaValue]) -> JinjaValue { .list(JinjaItems(elements)) }
  /// Makes a tuple.
  static func tuple(_ elements: [JinjaValue]) -> JinjaValue { .tuple(JinjaItems(elements)) }

  /// About how much work it is to go through all of it: one for each value and for every 16 bytes of text.
  var weight: Int {
    switch self {
    case .string(let text): 1 + text.count / 16
    case .list(let items), .tuple(let items): items.weight
    case .dictionary(let dictionary): dictionary.weight
    case .function(.method(let value, _)): 1 + value.weight
    case .loop(let loop): loop.items.weight
    default: 1
    }
  }

  /// How deep lists and dictionaries stand inside one another here.
  var depth: Int {
    switch self {
    case .list(let items), .tuple(let items): items.depth
    case .dictionary(let dictionary): dictionary.depth
    case .function(let function): function.depth
    case .loop(let loop): loop.items.depth
    default: 0
    }
  }

  /// Python's name of the type, for messages.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .namespace: "namespace"
    case .loop: "loop"
    case .function: "function"
    }
  }

  /// Whether it counts as true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let items), .tuple(let items): !items.elements.isEmpty
    case .dictionary(let dictionary): !dictionary.entries.isEmpty
    case .namespace, .loop, .function: true
    }
  }

  /// An integer, or a truth value as 0 or 1.
  var integer: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// A number as floating point.
  var number: Double? {
    if case .float(let value) = self { return value }
    return integer.map(Double.init)
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isString: Bool { if case .string = self { true } else { false } }
}

/// The elements of a list or tuple.
struct JinjaItems {
  let elements: [JinjaValue]
  let depth: Int
  let weight: Int

  init(_ elements: [JinjaValue]) {
    self.elements = elements
    depth = 1 + elements.reduce(0) { max($0, $1.depth) }
    weight = elements.reduce(1) { $0.addingClamped($1.weight) }
  }
}

/// A dictionary, in the order in which its keys were first given.
struct JinjaDictionary {
  /// What may be a key; 1, 1.0 and True are the same one.
  enum Key: Hashable {
    case none
    case int(Int)
    case float(Double)
    case string(ByteString)
  }

  private(set) var entries: [(key: JinjaValue, value: JinjaValue)] = []
  private(set) var depth = 1
  private(set) var weight = 1
  private var index: [Key: Int] = [:]

  init() {}

  /// Makes a dictionary of texts and values.
  init(_ members: KeyValuePairs<ByteString, JinjaValue>) {
    for (key, value) in members { set(.string(key), .string(key), value) }
  }

  /// The value as a key, or `nil` when it cannot be one.
  static func key(_ value: JinjaValue) -> Key? {
    switch value {
    case .none: .some(.none)
    case .bool, .int: value.integer.map(Key.int)
    case .float(let number): .some(Int(exactly: number).map(Key.int) ?? .float(number))
    case .string(let text): .string(text)
    default: nil
    }
  }

  subscript(key: Key) -> JinjaValue? { index[key].map { entries[$0].value } }
  subscript(name: ByteString) -> JinjaValue? { self[.string(name)] }

  mutating func set(_ key: Key, _ written: JinjaValue, _ value: JinjaValue) {
    depth = max(depth, 1 + value.depth)
    weight = weight.addingClamped(written.weight).addingClamped(value.weight)
    if let place = index[key] {
      entries[place].value = value
    } else {
      index[key] = entries.count
      entries.append((written, value))
    }
  }

  mutating func set(_ name: ByteString, _ value: JinjaValue) { set(.string(name), .string(name), value) }
}

/// What `namespace()` makes: attributes that can be set from inside loops.
final class JinjaNamespace {
  var attributes: JinjaDictionary

  init(_ attributes: JinjaDictionary) { self.attributes = attributes }
}

/// The variable `loop` of a loop.
final class JinjaLoop {
  let items: JinjaItems
  var index = 0
  /// What `loop.changed` was given last.
  var lastChecked: [JinjaValue]?

  init(_ items: [JinjaValue]) { self.items = JinjaItems(items) }

  /// The item before or behind this one.
  func neighbour(_ offset: Int) -> JinjaValue {
    let place = index + offset
    return items.elements.indices.contains(place)
      ? items.elements[place] : .undefined("there is no item before the first or behind the last one")
  }
}

/// Names and their values; a name that is not here is looked for in the scope around.
final class JinjaScope {
  var names: [ByteString: JinjaValue]
  let parent: JinjaScope?

  init(_ names: [ByteString: JinjaValue] = [:], inside parent: JinjaScope?) {
    self.names = names
    self.parent = parent
  }

  subscript(name: ByteString) -> JinjaValue? {
    var scope: JinjaScope? = self
    while let here = scope {
      if let value = here.names[name] { return value }
      scope = here.parent
    }
    return nil
  }
}

/// What can be called.
indirect enum JinjaFunction {
  /// A global such as `range`, by name.
  case global(ByteString)
  /// A method of a value, by name.
  case method(JinjaValue, ByteString)
  case macro(JinjaMacro, JinjaScope)

  var depth: Int { if case .method(let value, _) = self { 1 + value.depth } else { 0 } }
}

/// The arguments of a call, evaluated.
struct JinjaCall {
  var positional: [JinjaValue] = []
  var named: [(name: ByteString, value: JinjaValue)] = []
}

extension Int {
  /// The sum, or the largest integer when it is too large; the other number must not be negative.
  fileprivate func addingClamped(_ other: Int) -> Int {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
