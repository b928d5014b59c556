import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// What every template may call.
  static let globals: [ByteString] = ["range", "dict", "namespace", "raise_exception", "strftime_now"]
  /// As in jinja2's sandbox.
  private static let rangeLimit = 100_000

  /// Calls what can be called.
  func call(_ callee: JinjaValue, _ arguments: JinjaCall, _ line: Int) throws(HoldfastError) -> JinjaValue {
    switch callee {
    case .function(.global(let name)): return try callGlobal(name, arguments, line)
    case .function(.method(let value, let name)):
      try charge(value.weight, line)
      return try callMethod(value, name, arguments, line)
    case .function(.macro(let macro, let scope)): return try callMacro(macro, scope, arguments, line)
    case .undefined(let what): throw error("\(what), and it is called", line)
    default: throw error("'\(callee.typeName)' cannot be called", line)
    }
  }

  private func callMacro(
    _ macro: JinjaMacro, _ definition: JinjaScope, _ arguments: JinjaCall, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    let inner = JinjaScope(inside: definition)
    var more: [JinjaValue] = []
    var moreNamed = JinjaDictionary()
    for (place, value) in arguments.positional.enumerated() {
      if place < macro.parameters.count {
        inner.names[macro.parameters[place].name] = value
      } else {
        more.append(value)
      }
    }
    for argument in arguments.named {
      if macro.parameters.contains(where: { $0.name == argument.name }) {
        guard inner.names[argument.name] == nil else {
          throw error("the macro '\(macro.name)' is given '\(argument.name)' twice", line)
        }
        inner.names[argument.name] = argument.value
      } else if argument.name == "caller" {
        inner.names["caller"] = argument.value
      } else {
        moreNamed.set(argument.name, argument.value)
      }
    }
    guard more.isEmpty || macro.takesMore else {
      throw error(
        "the macro '\(macro.name)' takes \(macro.parameters.count) arguments, and is given more", line)
    }
    if let name = moreNamed.entries.first?.key, !macro.takesMoreNamed {
      throw error("the macro '\(macro.name)' has no parameter \(name.representation)", line)
    }
    inner.names["varargs"] = try checked(.tuple(more), line)
    inner.names["kwargs"] = try checked(.dictionary(moreNamed), line)
    if inner.names["caller"] == nil { inner.names["caller"] = .undefined("no caller is defined") }
    let text = try captured { () throws(HoldfastError) in
      try scoped(inner) { () throws(HoldfastError) in
        for parameter in macro.parameters where inner.names[parameter.name] == nil {
          inner.names[parameter.name] =
            try parameter.value.map(value) ?? .undefined("parameter '\(parameter.name)' was not provided")
        }
        try execute(macro.body)
      }
    }
    return .string(text)
  }

  private func callGlobal(_ name: ByteString, _ arguments: JinjaCall, _ line: Int) throws(HoldfastError)
    -> JinjaValue
  {
    switch name {
    case "range": return try range(arguments, line)
    case "dict": return .dictionary(try members(arguments, line))
    case "namespace":
      let members = try members(arguments, line)
      if let bad = members.entries.first(where: { $0.key.text.hasPrefix("_") }) {
        throw error("the attribute \(bad.key.representation) of a namespace begins with an underscore", line)
      }
      return makeNamespace(members)
    case "raise_exception":
      let reader = try JinjaArgumentReader(arguments, ["message"], of: "raise_exception", self, line)
      let message = try text(of: reader[0], line)
      throw HoldfastError(.invalidArgument, "\(self.name), line \(line): the template refuses: \(message)")
    default:
      let reader = try JinjaArgumentReader(arguments, ["format"], of: "strftime_now", self, line)
      guard let text = ClockText.now(format: try reader.string(0)) else {
        throw error("strftime_now cannot write the time in this format", line)
      }
      return try made(text, line)
    }
  }

  private func range(_ arguments: JinjaCall, _ line: Int) throws(HoldfastError) -> JinjaValue {
    let numbers = arguments.positional.compactMap(\.integer)
    guard numbers.count == arguments.positional.count, arguments.named.isEmpty,
      (1...3).contains(numbers.count)
    else {
      throw error("range needs one to three integers", line)
    }
    let start = numbers.count > 1 ? numbers[0] : 0
    let end = numbers.count > 1 ? numbers[1] : numbers[0]
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw error("the step of range is 0", line) }
    let (distance, overflows) = end.subtractingReportingOverflow(start)
    let isEmpty = step > 0 ? start >= end : start <= end
    let count = isEmpty ? 0 : (distance.magnitude - 1) / step.magnitude + 1
    guard isEmpty || !overflows, count <= UInt(Self.rangeLimit) else {
      throw error("range gives more than \(Self.rangeLimit) numbers", line)
    }
    return try made((0..<Int(count)).map { .int(start + $0 * step) }, line)
  }

  /// The members that `dict(…)` and `namespace(…)` are given.
  private func members(_ arguments: JinjaCall, _ line: Int) throws(HoldfastError) -> JinjaDictionary {
    var members = JinjaDictionary()
    guard arguments.positional.count <= 1 else {
      throw error("dict takes one dictionary or named values", line)
    }
    switch arguments.positional.first {
    case .dictionary(let dictionary)?: members = dictionary
    case .namespace(let namespace)?: members = namespace.attributes
    case let pairs?:
      for pair in pairs.elements ?? [] {
        guard let parts = pair.elements, parts.count == 2 else { throw error("dict needs pairs", line) }
        members.set(try key(parts[0], line), parts[0], parts[1])
      }
    case nil: break
    }
    for argument in arguments.named { members.set(argument.name, argument.value) }
    _ = try checked(.dictionary(members), line)
    return members
  }
}
