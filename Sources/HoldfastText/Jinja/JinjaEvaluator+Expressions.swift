import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// The value of an expression.
  func value(_ expression: JinjaExpression) throws(HoldfastError) -> JinjaValue {
    try charge(1, expression.line)
    line = expression.line
    return try deeper(expression.line) { () throws(HoldfastError) in try parts(expression) }
  }

  private func parts(_ expression: JinjaExpression) throws(HoldfastError) -> JinjaValue {
    switch expression.kind {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return .string(text)
    case .name(let name): return scope[name] ?? .undefined("'\(name)' is undefined")
    case .list(let items): return try made(try values(items), expression.line)
    case .tuple(let items): return try checked(.tuple(try values(items)), expression.line)
    case .dictionary(let pairs): return try dictionary(pairs, expression.line)
    case .attribute(let base, let name): return try attribute(try value(base), name, expression.line)
    case .subscripted(let base, let index):
      return try element(try value(base), try value(index), expression.line)
    case .slice(let base, let from, let to, let by): return try slice(base, from, to, by, expression.line)
    case .call(let callee, let arguments):
      let function = try value(callee)
      return try call(function, try self.arguments(arguments, expression.line), expression.line)
    case .filter(let base, let name, let arguments):
      let subject = try base.map(value) ?? .none
      return try filter(subject, name, try self.arguments(arguments, expression.line), expression.line)
    case .test(let base, let name, let arguments):
      let subject = try value(base)
      return .bool(
        try test(subject, name, try self.arguments(arguments, expression.line).positional, expression.line))
    case .not(let operand): return .bool(!(try value(operand).isTrue))
    case .negative(let operand): return try signed(try value(operand), isNegative: true, expression.line)
    case .positive(let operand): return try signed(try value(operand), isNegative: false, expression.line)
    case .arithmetic(let sign, let a, let b):
      return try arithmetic(sign, try value(a), try value(b), expression.line)
    case .concatenation(let parts): return try concatenation(parts, expression.line)
    case .comparison(let first, let others): return try comparison(first, others, expression.line)
    case .and(let a, let b):
      let left = try value(a)
      return left.isTrue ? try value(b) : left
    case .or(let a, let b):
      let left = try value(a)
      return left.isTrue ? left : try value(b)
    case .conditional(let condition, let then, let otherwise):
      if try value(condition).isTrue { return try value(then) }
      return try otherwise.map(value) ?? .undefined("the condition is false and there is no 'else'")
    }
  }

  private func values(_ expressions: [JinjaExpression]) throws(HoldfastError) -> [JinjaValue] {
    var values: [JinjaValue] = []
    values.reserveCapacity(expressions.count)
    for expression in expressions { values.append(try value(expression)) }
    return values
  }

  private func dictionary(
    _ pairs: [(key: JinjaExpression, value: JinjaExpression)], _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    var dictionary = JinjaDictionary()
    for pair in pairs {
      let written = try value(pair.key)
      dictionary.set(try key(written, line), written, try value(pair.value))
    }
    return try checked(.dictionary(dictionary), line)
  }

  /// A value as a key of a dictionary.
  func key(_ value: JinjaValue, _ line: Int) throws(HoldfastError) -> JinjaDictionary.Key {
    guard let key = JinjaDictionary.key(value) else {
      throw error("'\(value.typeName)' cannot be the key of a dictionary", line)
    }
    return key
  }

  /// The text that `{{ value }}` writes.
  func text(of value: JinjaValue, _ line: Int) throws(HoldfastError) -> ByteString {
    if case .string(let text) = value { return text }
    try charge(value.weight, line)
    let text = value.text
    try charge(bytes: text.count, line)
    return text
  }

  private func concatenation(_ parts: [JinjaExpression], _ line: Int) throws(HoldfastError) -> JinjaValue {
    var bytes: [UInt8] = []
    for part in parts {
      bytes += try text(of: try value(part), line).bytes
      try charge(bytes: bytes.count, line)
    }
    return .string(ByteString(bytes))
  }

  /// Evaluates the arguments of a call.
  func arguments(_ written: JinjaArguments, _ line: Int) throws(HoldfastError) -> JinjaCall {
    var call = JinjaCall(positional: try values(written.positional))
    for argument in written.named { call.named.append((argument.name, try value(argument.value))) }
    if let list = written.list {
      let spread = try value(list)
      guard let elements = spread.elements else {
        throw error("'*' needs a list, not '\(spread.typeName)'", line)
      }
      try charge(elements: elements.count, line)
      call.positional += elements
    }
    if let expression = written.dictionary {
      guard case .dictionary(let dictionary) = try value(expression) else {
        throw error("'**' needs a dictionary", line)
      }
      for entry in dictionary.entries {
        guard case .string(let name) = entry.key else {
          throw error("the names behind '**' must be texts", line)
        }
        call.named.append((name, entry.value))
      }
    }
    return call
  }

  // MARK: Parts of values

  /// `base.name`: a method or else a member.
  func attribute(_ base: JinjaValue, _ name: ByteString, _ line: Int) throws(HoldfastError) -> JinjaValue {
    switch base {
    case .undefined(let what): throw error("\(what), and '.\(name)' is asked of it", line)
    case .namespace(let namespace):
      return namespace.attributes[name] ?? .undefined("the namespace has no attribute '\(name)'")
    case .loop(let loop): return loopAttribute(loop, name)
    default:
      if Self.methods(of: base).contains(name) { return .function(.method(base, name)) }
      if Self.forbiddenMethods(of: base).contains(name) {
        throw error("'.\(name)' would change the \(base.typeName), which templates may not", line)
      }
      if case .dictionary(let dictionary) = base, let value = dictionary[name] { return value }
      return .undefined("'\(base.typeName)' has no attribute '\(name)'")
    }
  }

  private func loopAttribute(_ loop: JinjaLoop, _ name: ByteString) -> JinjaValue {
    let count = loop.items.elements.count
    switch name {
    case "index": return .int(loop.index + 1)
    case "index0": return .int(loop.index)
    case "revindex": return .int(count - loop.index)
    case "revindex0": return .int(count - loop.index - 1)
    case "first": return .bool(loop.index == 0)
    case "last": return .bool(loop.index == count - 1)
    case "length": return .int(count)
    // Recursive loops alone count their depth, and they are not known here.
    case "depth": return .int(1)
    case "depth0": return .int(0)
    case "previtem": return loop.neighbour(-1)
    case "nextitem": return loop.neighbour(1)
    case "cycle", "changed": return .function(.method(.loop(loop), name))
    default: return .undefined("'loop' has no attribute '\(name)'")
    }
  }

  /// `base[index]`: an element or member, or else a method.
  func element(_ base: JinjaValue, _ index: JinjaValue, _ line: Int) throws(HoldfastError) -> JinjaValue {
    switch (base, index) {
    case (.undefined(let what), _): throw error("\(what), and an element is asked of it", line)
    case (.dictionary(let dictionary), _):
      if let value = dictionary[try key(index, line)] { return value }
    case (.list(let items), _), (.tuple(let items), _):
      if let place = index.integer {
        return Self.element(items.elements, place) ?? .undefined("the list has no element \(place)")
      }
    case (.string(let text), _):
      if let place = index.integer {
        try charge(bytes: text.count, line)
        return Self.element(PythonText.scalars(text), place).map { .string(ByteString(String($0))) }
          ?? .undefined("the text has no character \(place)")
      }
    default: break
    }
    if case .string(let name) = index { return try attribute(base, name, line) }
    return .undefined("'\(base.typeName)' has no element \(index.representation)")
  }

  private static func element<Element>(_ elements: [Element], _ place: Int) -> Element? {
    let index = place < 0 ? place &+ elements.count : place
    return elements.indices.contains(index) ? elements[index] : nil
  }

  private func slice(
    _ base: JinjaExpression, _ from: JinjaExpression?, _ to: JinjaExpression?, _ by: JinjaExpression?,
    _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    let subject = try value(base)
    let bounds = (try bound(from, line), try bound(to, line), try bound(by, line) ?? 1)
    guard bounds.2 != 0 else { throw error("the step of a slice is 0", line) }
    try charge(elements: subject.length ?? 0, line)
    switch subject {
    case .undefined(let what): throw error("\(what), and a slice is asked of it", line)
    case .string(let text): return .string(PythonText.text(Self.slice(PythonText.scalars(text), bounds)))
    case .list(let items): return .list(Self.slice(items.elements, bounds))
    case .tuple(let items): return .tuple(Self.slice(items.elements, bounds))
    default: throw error("'\(subject.typeName)' cannot be sliced", line)
    }
  }

  private func bound(_ expression: JinjaExpression?, _ line: Int) throws(HoldfastError) -> Int? {
    guard let expression else { return nil }
    let bound = try value(expression)
    if case .none = bound { return nil }
    guard let place = bound.integer else {
      throw error("the bounds of a slice must be integers, and one is '\(bound.typeName)'", line)
    }
    return place
  }

  /// Python's slice.
  static func slice<Element>(_ elements: [Element], _ bounds: (from: Int?, to: Int?, by: Int)) -> [Element] {
    let count = elements.count
    let isForward = bounds.by > 0
    func clamped(_ place: Int) -> Int {
      let index = place < 0 ? place.addingReportingOverflow(count).partialValue : place
      return isForward ? min(max(index, 0), count) : min(max(index, -1), count - 1)
    }
    let start = bounds.from.map(clamped) ?? (isForward ? 0 : count - 1)
    let end = bounds.to.map(clamped) ?? (isForward ? count : -1)
    var result: [Element] = []
    var place = start
    while isForward ? place < end : place > end {
      result.append(elements[place])
      let (next, overflows) = place.addingReportingOverflow(bounds.by)
      if overflows { break }
      place = next
    }
    return result
  }
}
