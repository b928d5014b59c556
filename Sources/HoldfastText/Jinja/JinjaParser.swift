import HoldfastStorage
import HoldfastTensor

/// Reads the statements of a template, with the grammar of jinja2 3.1.
struct JinjaParser {
  /// How deep statements and brackets may nest, and how deep an expression may be.
  static let nestingLimit = 48
  static let depthLimit = 160

  let name: String
  private let tokens: [JinjaToken]
  private var place = 0
  private var nesting = 0
  private let stack = StackGuard()
  private var loops = 0
  /// The names that the macros being read speak of, the innermost last.
  private var spokenNames: [Set<ByteString>] = []

  /// The statements of `source`; `name` is the template's in messages.
  static func parse(_ source: String, name: String) throws(HoldfastError) -> [JinjaStatement] {
    var parser = JinjaParser(name: name, tokens: try JinjaLexer.tokens(source, name: name))
    return try parser.statements(until: [])
  }

  private init(name: String, tokens: [JinjaToken]) {
    self.name = name
    self.tokens = tokens
  }

  // MARK: Tokens

  var current: JinjaToken { tokens[min(place, tokens.count - 1)] }
  var following: JinjaToken { tokens[min(place + 1, tokens.count - 1)] }
  var line: Int { current.line }

  mutating func advance() { place += 1 }

  func error(_ message: String, line: Int? = nil) -> HoldfastError {
    HoldfastError(.corruptData, "\(name), line \(line ?? self.line): \(message)")
  }

  func unsupported(_ what: String, line: Int? = nil) -> HoldfastError {
    HoldfastError(
      .unsupported, "\(name), line \(line ?? self.line): \(what) is not supported in chat templates")
  }

  func isSymbol(_ text: ByteString) -> Bool { current.kind == .symbol(text) }
  func isName(_ text: ByteString) -> Bool { current.kind == .name(text) }

  mutating func skip(_ kind: JinjaToken.Kind) -> Bool {
    guard current.kind == kind else { return false }
    advance()
    return true
  }

  mutating func skip(symbol: ByteString) -> Bool { skip(.symbol(symbol)) }

  mutating func expect(_ kind: JinjaToken.Kind) throws(HoldfastError) {
    guard skip(kind) else {
      throw error("\(JinjaToken(kind: kind, line: 0).description) must come here, not \(current.description)")
    }
  }

  mutating func identifier() throws(HoldfastError) -> ByteString {
    guard case .name(let text) = current.kind else {
      throw error("a name must come here, not \(current.description)")
    }
    advance()
    return text
  }

  /// Remembers that the macro being read speaks of a name.
  mutating func speak(of name: ByteString) {
    if !spokenNames.isEmpty { spokenNames[spokenNames.count - 1].insert(name) }
  }

  /// Runs `body` one level deeper; throws when that is too deep.
  mutating func nested<Result>(
    _ body: (inout JinjaParser) throws(HoldfastError) -> Result
  ) throws(HoldfastError) -> Result {
    guard nesting < Self.nestingLimit, !stack.isExhausted else {
      throw error("the template nests too deep; \(Self.nestingLimit) levels are allowed")
    }
    nesting += 1
    defer { nesting -= 1 }
    return try body(&self)
  }

  // MARK: Statements

  /// Statements up to a tag of one of these names, which is left to be read; without names, all there are.
  mutating func statements(until ends: [ByteString]) throws(HoldfastError) -> [JinjaStatement] {
    try nested { parser throws(HoldfastError) in
      var body: [JinjaStatement] = []
      while true {
        switch parser.current.kind {
        case .data(let text):
          body.append(.data(text))
          parser.advance()
        case .variableBegin:
          parser.advance()
          body.append(.print(try parser.tuple()))
          try parser.expect(.variableEnd)
        case .blockBegin:
          if case .name(let tag) = parser.following.kind, ends.contains(tag) {
            parser.advance()
            return body
          }
          parser.advance()
          body.append(try parser.statement())
          try parser.expect(.blockEnd)
        default:
          guard ends.isEmpty else {
            throw parser.error(
              "the template ends where '\(ends.map(\.text).joined(separator: "' or '"))' must come")
          }
          return body
        }
      }
    }
  }

  /// The statements behind a tag up to one of these, which is left to be read.
  mutating func body(until ends: ByteString...) throws(HoldfastError) -> [JinjaStatement] {
    _ = skip(symbol: ":")
    try expect(.blockEnd)
    return try statements(until: ends)
  }

  private mutating func statement() throws(HoldfastError) -> JinjaStatement {
    let start = line
    let tag = try identifier()
    switch tag {
    case "set": return try set(start)
    case "for": return try loop(start)
    case "if": return try branch()
    case "macro":
      var macro = JinjaMacro(name: try identifier(), line: start)
      try readMacro(&macro, end: "endmacro")
      return .macro(macro)
    case "call": return try callBlock(start)
    case "filter":
      let filter = try filterHead()
      let body = try body(until: "endfilter")
      advance()
      return .filterBlock(filter, body)
    case "with": return try with()
    case "generation":
      let body = try body(until: "endgeneration")
      advance()
      return .generation(body)
    case "break", "continue":
      guard loops > 0 else { throw error("'\(tag)' stands outside a loop", line: start) }
      return tag == "break" ? .breakLoop : .continueLoop
    case "print":
      var parts = [try expression()]
      while skip(symbol: ",") { parts.append(try expression()) }
      return .print(JinjaExpression(.concatenation(parts), line: start))
    case "do", "include", "import", "from", "extends", "block", "autoescape", "trans", "debug":
      throw unsupported("the statement '{% \(tag) %}'", line: start)
    default:
      throw error("'\(tag)' is not a statement that can stand here", line: start)
    }
  }

  private mutating func set(_ start: Int) throws(HoldfastError) -> JinjaStatement {
    let target = try target(allowsAttribute: true)
    if skip(symbol: "=") { return .set(target, try tuple()) }
    let filter = isSymbol("|") ? try filters(of: nil) : nil
    let body = try body(until: "endset")
    advance()
    return .setBlock(target, filter: filter, body, line: start)
  }

  private mutating func loop(_ start: Int) throws(HoldfastError) -> JinjaStatement {
    let target = try target(allowsAttribute: false)
    try expect(.name("in"))
    let items = try tuple(allowsConditional: false)
    let condition = skip(.name("if")) ? try expression() : nil
    if isName("recursive") { throw unsupported("a recursive loop") }
    loops += 1
    let body = try body(until: "endfor", "else")
    loops -= 1
    var otherwise: [JinjaStatement] = []
    if try identifier() == "else" {
      otherwise = try self.body(until: "endfor")
      advance()
    }
    return .loop(
      JinjaLoopStatement(
        target: target, items: items, condition: condition, body: body, otherwise: otherwise, line: start))
  }

  private mutating func branch() throws(HoldfastError) -> JinjaStatement {
    var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
    while true {
      let condition = try tuple(allowsConditional: false)
      branches.append((condition, try body(until: "elif", "else", "endif")))
      switch try identifier() {
      case "elif": continue
      case "else":
        let otherwise = try body(until: "endif")
        advance()
        return .branch(branches, otherwise: otherwise)
      default: return .branch(branches, otherwise: [])
      }
    }
  }

  private mutating func with() throws(HoldfastError) -> JinjaStatement {
    var values: [(target: JinjaTarget, value: JinjaExpression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(.symbol(",")) }
      let target = try target(allowsAttribute: false)
      try expect(.symbol("="))
      values.append((target, try expression()))
    }
    let body = try body(until: "endwith")
    advance()
    return .with(values, body)
  }

  private mutating func callBlock(_ start: Int) throws(HoldfastError) -> JinjaStatement {
    var caller = JinjaMacro(name: "caller", line: start)
    if isSymbol("(") { caller.parameters = try parameters() }
    let call = try expression()
    guard case .call = call.kind else { throw error("'{% call %}' needs the call of a macro", line: start) }
    try readBody(of: &caller, end: "endcall")
    return .callBlock(caller, call)
  }

  private mutating func readMacro(_ macro: inout JinjaMacro, end: ByteString) throws(HoldfastError) {
    macro.parameters = try parameters()
    try readBody(of: &macro, end: end)
  }

  private mutating func readBody(of macro: inout JinjaMacro, end: ByteString) throws(HoldfastError) {
    let outerLoops = loops
    loops = 0
    spokenNames.append([])
    macro.body = try body(until: end)
    advance()
    loops = outerLoops
    let names = spokenNames.popLast() ?? []
    macro.takesMore = names.contains("varargs")
    macro.takesMoreNamed = names.contains("kwargs")
  }

  private mutating func parameters() throws(HoldfastError) -> [(name: ByteString, value: JinjaExpression?)] {
    var parameters: [(name: ByteString, value: JinjaExpression?)] = []
    try expect(.symbol("("))
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(.symbol(",")) }
      let name = try identifier()
      let value = skip(symbol: "=") ? try expression() : nil
      if value == nil, parameters.last?.value != nil {
        throw error("the parameter '\(name)' has no default, and the one before it has")
      }
      parameters.append((name, value))
    }
    try expect(.symbol(")"))
    return parameters
  }

  private mutating func target(allowsAttribute: Bool) throws(HoldfastError) -> JinjaTarget {
    let start = line
    var targets: [JinjaTarget] = []
    var isTuple = false
    while true {
      if skip(symbol: "(") {
        targets.append(
          try nested { parser throws(HoldfastError) in try parser.target(allowsAttribute: allowsAttribute) })
        try expect(.symbol(")"))
      } else {
        let name = try identifier()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
          throw error("'\(name)' cannot be given a value")
        }
        if allowsAttribute, skip(symbol: ".") {
          targets.append(.attribute(name, try identifier(), line: start))
        } else {
          targets.append(.name(name))
        }
      }
      guard skip(symbol: ",") else { break }
      isTuple = true
      if isName("in") || isSymbol("=") || isSymbol(")") || current.kind == .blockEnd { break }
    }
    return isTuple ? .tuple(targets, line: start) : targets[0]
  }
}
