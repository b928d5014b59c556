import HoldfastStorage
import HoldfastTensor

extension JinjaParser {
  /// Makes an expression; throws when it becomes too deep to evaluate.
  private func make(_ kind: JinjaExpression.Kind, _ line: Int) throws(HoldfastError) -> JinjaExpression {
    let expression = JinjaExpression(kind, line: line)
    guard expression.depth <= Self.depthLimit else {
      throw error("an expression is deeper than \(Self.depthLimit) levels", line: line)
    }
    return expression
  }

  /// An expression, or several with commas between, which are a tuple.
  mutating func tuple(
    allowsConditional: Bool = true, isParenthesised: Bool = false
  ) throws(HoldfastError) -> JinjaExpression {
    let start = line
    var items: [JinjaExpression] = []
    var isTuple = false
    while !(isSymbol(")") || current.kind == .variableEnd || current.kind == .blockEnd || isName("recursive"))
    {
      items.append(try expression(allowsConditional: allowsConditional))
      guard skip(symbol: ",") else { break }
      isTuple = true
    }
    if !isTuple, let only = items.first { return only }
    guard isTuple || isParenthesised else {
      throw error("an expression must come here, not \(current.description)")
    }
    return try make(.tuple(items), start)
  }

  /// One expression.
  mutating func expression(allowsConditional: Bool = true) throws(HoldfastError) -> JinjaExpression {
    try nested { parser throws(HoldfastError) in
      let start = parser.line
      var result = try parser.operation(.or)
      while allowsConditional, parser.skip(.name("if")) {
        let condition = try parser.operation(.or)
        let otherwise = parser.skip(.name("else")) ? try parser.expression() : nil
        result = try parser.make(.conditional(condition, then: result, otherwise: otherwise), start)
      }
      return result
    }
  }

  /// How tightly operators bind, the loosest first.
  private enum Level: Int {
    case or, and, not, comparison, sum, concatenation, product, power, unary

    var tighter: Level { Level(rawValue: rawValue + 1) ?? .unary }
  }

  /// Operators that bind at least as tightly as `level`.
  private mutating func operation(_ level: Level) throws(HoldfastError) -> JinjaExpression {
    let start = line
    var left: JinjaExpression
    if level.rawValue <= Level.not.rawValue, skip(.name("not")) {
      let negated = try nested { parser throws(HoldfastError) in try parser.operation(.not) }
      left = try make(.not(negated), start)
    } else {
      left = try unary()
    }
    while let (sign, found) = operatorHere, found.rawValue >= level.rawValue {
      switch found {
      case .or:
        advance()
        left = try make(.or(left, try operation(.and)), start)
      case .and:
        advance()
        left = try make(.and(left, try operation(.not)), start)
      case .comparison: left = try comparison(left, start)
      case .concatenation:
        var parts = [left]
        while skip(symbol: "~") { parts.append(try operation(.product)) }
        left = try make(.concatenation(parts), start)
      default:
        advance()
        left = try make(.arithmetic(sign, left, try operation(found.tighter)), start)
      }
    }
    return left
  }

  private var operatorHere: (ByteString, Level)? {
    switch current.kind {
    case .name("or"): return ("or", .or)
    case .name("and"): return ("and", .and)
    case .name("in"): return ("in", .comparison)
    case .name("not"): return following.kind == .name("in") ? ("not in", .comparison) : nil
    case .symbol(let sign):
      switch sign {
      case "==", "!=", "<", "<=", ">", ">=": return (sign, .comparison)
      case "+", "-": return (sign, .sum)
      case "~": return (sign, .concatenation)
      case "*", "/", "//", "%": return (sign, .product)
      case "**": return (sign, .power)
      default: return nil
      }
    default: return nil
    }
  }

  private mutating func comparison(_ left: JinjaExpression, _ start: Int) throws(HoldfastError)
    -> JinjaExpression
  {
    var others: [(sign: ByteString, value: JinjaExpression)] = []
    while let (sign, found) = operatorHere, found == .comparison {
      advance()
      if sign == "not in" { advance() }
      others.append((sign, try operation(.sum)))
    }
    return try make(.comparison(left, others), start)
  }

  private mutating func unary(allowsFilter: Bool = true) throws(HoldfastError) -> JinjaExpression {
    let start = line
    var result: JinjaExpression
    if isSymbol("-") || isSymbol("+") {
      let isNegative = isSymbol("-")
      advance()
      let operand = try nested { parser throws(HoldfastError) in try parser.unary(allowsFilter: false) }
      result = try make(isNegative ? .negative(operand) : .positive(operand), start)
    } else {
      result = try primary()
    }
    result = try postfix(result)
    guard allowsFilter else { return result }
    while true {
      if isSymbol("|") {
        result = try filters(of: result)
      } else if isName("is") {
        result = try test(result)
      } else if isSymbol("(") {
        result = try postfix(result)
      } else {
        return result
      }
    }
  }

  private mutating func primary() throws(HoldfastError) -> JinjaExpression {
    let token = current
    switch token.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try make(.bool(true), token.line)
      case "false", "False": return try make(.bool(false), token.line)
      case "none", "None": return try make(.none, token.line)
      default:
        speak(of: name)
        return try make(.name(name), token.line)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text = text + more
        advance()
      }
      return try make(.string(text), token.line)
    case .integer(let value):
      advance()
      return try make(.integer(value), token.line)
    case .float(let value):
      advance()
      return try make(.float(value), token.line)
    case .symbol("("):
      advance()
      let result = try tuple(isParenthesised: true)
      try expect(.symbol(")"))
      return result
    case .symbol("["): return try list()
    case .symbol("{"): return try dictionary()
    default: throw error("an expression must come here, not \(token.description)")
    }
  }

  private mutating func list() throws(HoldfastError) -> JinjaExpression {
    let start = line
    var items: [JinjaExpression] = []
    try expect(.symbol("["))
    while !isSymbol("]") {
      items.append(try expression())
      guard skip(symbol: ",") else { break }
    }
    try expect(.symbol("]"))
    return try make(.list(items), start)
  }

  private mutating func dictionary() throws(HoldfastError) -> JinjaExpression {
    let start = line
    var pairs: [(key: JinjaExpression, value: JinjaExpression)] = []
    try expect(.symbol("{"))
    while !isSymbol("}") {
      let key = try expression()
      try expect(.symbol(":"))
      pairs.append((key, try expression()))
      guard skip(symbol: ",") else { break }
    }
    try expect(.symbol("}"))
    return try make(.dictionary(pairs), start)
  }

  private mutating func postfix(_ base: JinjaExpression) throws(HoldfastError) -> JinjaExpression {
    var result = base
    while true {
      let start = line
      if skip(symbol: ".") {
        if case .integer(let index) = current.kind {
          advance()
          result = try make(.subscripted(result, try make(.integer(index), start)), start)
        } else {
          result = try make(.attribute(result, try identifier()), start)
        }
      } else if skip(symbol: "[") {
        result = try subscripted(result, start)
        try expect(.symbol("]"))
      } else if isSymbol("(") {
        result = try make(.call(result, try arguments()), start)
      } else {
        return result
      }
    }
  }

  private mutating func subscripted(_ base: JinjaExpression, _ start: Int) throws(HoldfastError)
    -> JinjaExpression
  {
    func isEnd(_ parser: JinjaParser) -> Bool { parser.isSymbol(":") || parser.isSymbol("]") }
    let first = isEnd(self) ? nil : try expression()
    guard skip(symbol: ":") else {
      guard let first else { throw error("an index must come here, not \(current.description)") }
      if isSymbol(",") { throw unsupported("an index with a comma") }
      return try make(.subscripted(base, first), start)
    }
    let to = isEnd(self) ? nil : try expression()
    let by = skip(symbol: ":") && !isEnd(self) ? try expression() : nil
    return try make(.slice(base, from: first, to: to, by: by), start)
  }

  private mutating func arguments() throws(HoldfastError) -> JinjaArguments {
    var arguments = JinjaArguments()
    try expect(.symbol("("))
    while !isSymbol(")") {
      if skip(symbol: "*") {
        guard arguments.list == nil, arguments.dictionary == nil else { throw error("'*' cannot stand here") }
        arguments.list = try expression()
      } else if skip(symbol: "**") {
        guard arguments.dictionary == nil else { throw error("'**' cannot stand here twice") }
        arguments.dictionary = try expression()
      } else if case .name(let name) = current.kind, following.kind == .symbol("=") {
        guard arguments.dictionary == nil else { throw error("a named argument cannot stand behind '**'") }
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty, arguments.list == nil, arguments.dictionary == nil else {
          throw error("an argument without a name cannot stand behind one with a name")
        }
        arguments.positional.append(try expression())
      }
      guard skip(symbol: ",") else { break }
    }
    try expect(.symbol(")"))
    return arguments
  }

  /// One or more filters, each behind a `|`.
  mutating func filters(of base: JinjaExpression?) throws(HoldfastError) -> JinjaExpression {
    var result = base
    repeat {
      try expect(.symbol("|"))
      result = try filter(of: result)
    } while isSymbol("|")
    guard let result else { throw error("a filter must come here") }
    return result
  }

  /// The filters of `{% filter %}`, of which the first has no `|` before it.
  mutating func filterHead() throws(HoldfastError) -> JinjaExpression {
    let first = try filter(of: nil)
    return isSymbol("|") ? try filters(of: first) : first
  }

  private mutating func filter(of base: JinjaExpression?) throws(HoldfastError) -> JinjaExpression {
    let start = line
    let name = try identifier()
    return try make(.filter(base, name, isSymbol("(") ? try arguments() : JinjaArguments()), start)
  }

  private mutating func test(_ value: JinjaExpression) throws(HoldfastError) -> JinjaExpression {
    let start = line
    advance()
    let isNegated = skip(.name("not"))
    let name = try identifier()
    var arguments = JinjaArguments()
    if isSymbol("(") {
      arguments = try self.arguments()
    } else if startsArgument {
      arguments.positional = [try postfix(try primary())]
    }
    let result = try make(.test(value, name, arguments), start)
    return isNegated ? try make(.not(result), start) : result
  }

  /// Whether what comes is the argument of a test without parentheses: `x is equalto 1`.
  private var startsArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and", "is"].contains(name)
    case .string, .integer, .float, .symbol("["), .symbol("{"): true
    default: false
    }
  }
}
