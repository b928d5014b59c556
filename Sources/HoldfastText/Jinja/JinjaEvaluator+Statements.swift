import HoldfastStorage
import HoldfastTensor

extension JinjaEvaluator {
  /// How statements ended.
  enum Flow {
    case on, breakLoop, continueLoop
  }

  @discardableResult
  func execute(_ statements: [JinjaStatement]) throws(HoldfastError) -> Flow {
    for statement in statements {
      let flow = try execute(statement)
      if flow != .on { return flow }
    }
    return .on
  }

  private func execute(_ statement: JinjaStatement) throws(HoldfastError) -> Flow {
    try charge(1, 0)
    return try deeper(0) { () throws(HoldfastError) in try parts(statement) }
  }

  private func parts(_ statement: JinjaStatement) throws(HoldfastError) -> Flow {
    switch statement {
    case .data(let text): try write(text, 0)
    case .print(let expression):
      try write(try text(of: try value(expression), expression.line), expression.line)
    case .set(let target, let expression): try assign(try value(expression), to: target, expression.line)
    case .setBlock(let target, let filter, let body, let line):
      try assign(try blockValue(body, filter, line), to: target, line)
    case .branch(let branches, let otherwise): return try executeBranch(branches, otherwise)
    case .loop(let loop): return try executeLoop(loop)
    case .macro(let macro):
      keep(scope)
      scope.names[macro.name] = .function(.macro(macro, scope))
    case .callBlock(let caller, let call): try executeCall(caller, call)
    case .filterBlock(let filter, let body):
      try write(try text(of: try blockValue(body, filter, filter.line), filter.line), filter.line)
    case .with(let values, let body): return try executeWith(values, body)
    case .generation(let body): try executeGeneration(body)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .on
  }

  private func executeBranch(
    _ branches: [(condition: JinjaExpression, body: [JinjaStatement])], _ otherwise: [JinjaStatement]
  ) throws(HoldfastError) -> Flow {
    for branch in branches where try value(branch.condition).isTrue { return try execute(branch.body) }
    return try execute(otherwise)
  }

  /// What a block writes, filtered; its names are its own.
  private func blockValue(
    _ body: [JinjaStatement], _ filter: JinjaExpression?, _ line: Int
  ) throws(HoldfastError) -> JinjaValue {
    let text = try captured { () throws(HoldfastError) in
      _ = try scoped(JinjaScope(inside: scope)) { () throws(HoldfastError) in try execute(body) }
    }
    guard let filter else { return .string(text) }
    return try filtered(.string(text), by: filter)
  }

  /// A block's text behind the filters written at its head.
  private func filtered(_ text: JinjaValue, by head: JinjaExpression) throws(HoldfastError) -> JinjaValue {
    guard case .filter(let base, let name, let arguments) = head.kind else { return text }
    let subject = try base.map { base throws(HoldfastError) in try filtered(text, by: base) } ?? text
    return try filter(subject, name, try self.arguments(arguments, head.line), head.line)
  }

  private func executeWith(
    _ values: [(target: JinjaTarget, value: JinjaExpression)], _ body: [JinjaStatement]
  ) throws(HoldfastError) -> Flow {
    let inner = JinjaScope(inside: scope)
    for (target, expression) in values {
      let value = try value(expression)
      try scoped(inner) { () throws(HoldfastError) in try assign(value, to: target, expression.line) }
    }
    return try scoped(inner) { () throws(HoldfastError) in try execute(body) }
  }

  private func executeGeneration(_ body: [JinjaStatement]) throws(HoldfastError) {
    let start = output.count
    _ = try scoped(JinjaScope(inside: scope)) { () throws(HoldfastError) in try execute(body) }
    if captures == 0 { generated.append(start..<output.count) }
  }

  private func executeCall(_ caller: JinjaMacro, _ call: JinjaExpression) throws(HoldfastError) {
    guard case .call(let callee, let arguments) = call.kind else { return }
    keep(scope)
    var evaluated = try self.arguments(arguments, call.line)
    evaluated.named.append(("caller", .function(.macro(caller, scope))))
    let result = try self.call(try value(callee), evaluated, call.line)
    try write(try text(of: result, call.line), call.line)
  }

  private func executeLoop(_ loop: JinjaLoopStatement) throws(HoldfastError) -> Flow {
    let subject = try value(loop.items)
    try charge(elements: subject.length ?? 0, loop.line)
    guard var items = subject.elements else {
      throw error("'\(subject.typeName)' is nothing a loop can go through", loop.line)
    }
    if let condition = loop.condition { items = try selected(items, loop.target, condition) }
    guard !items.isEmpty else { return try execute(loop.otherwise) }
    let variable = JinjaLoop(items)
    for (index, item) in items.enumerated() {
      variable.index = index
      try charge(1, loop.line)
      let inner = JinjaScope(["loop": .loop(variable)], inside: scope)
      let flow = try scoped(inner) { () throws(HoldfastError) in
        try assign(item, to: loop.target, loop.line)
        return try execute(loop.body)
      }
      if flow == .breakLoop { break }
    }
    return .on
  }

  private func selected(
    _ items: [JinjaValue], _ target: JinjaTarget, _ condition: JinjaExpression
  ) throws(HoldfastError) -> [JinjaValue] {
    var chosen: [JinjaValue] = []
    for item in items {
      let isChosen = try scoped(JinjaScope(inside: scope)) { () throws(HoldfastError) in
        try assign(item, to: target, condition.line)
        return try value(condition).isTrue
      }
      if isChosen { chosen.append(item) }
    }
    return chosen
  }

  private func assign(_ value: JinjaValue, to target: JinjaTarget, _ line: Int) throws(HoldfastError) {
    switch target {
    case .name(let name): scope.names[name] = value
    case .attribute(let name, let attribute, let line):
      guard case .namespace(let namespace)? = scope[name] else {
        throw error("'\(name).\(attribute)' can be set only on a namespace", line)
      }
      guard !attribute.hasPrefix("_") else {
        throw error("the attribute '\(attribute)' of a namespace begins with an underscore", line)
      }
      namespace.attributes.set(attribute, value)
    case .tuple(let targets, let line):
      guard let elements = value.elements, elements.count == targets.count else {
        throw error("'\(value.typeName)' does not have the \(targets.count) values to unpack", line)
      }
      for (target, element) in zip(targets, elements) { try assign(element, to: target, line) }
    }
  }
}
