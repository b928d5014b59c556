import HoldfastStorage
import HoldfastTensor

/// Renders the statements of a template.
///
/// Templates come from strangers: steps, memory and depth are limited, whatever they ask for.
final class JinjaEvaluator {
  /// What one rendering may cost: a step is one, and so are 4 bytes of text; an element of a list is 8.
  static let workLimit = 40_000_000
  /// The longest text or list, in bytes.
  static let sizeLimit = 1 << 26
  /// How deep values may stand inside one another.
  static let valueDepthLimit = 48
  /// How deep expressions, loops and macros may stand inside one another while they run.
  static let depthLimit = 400

  let name: String
  var scope: JinjaScope
  var output: [UInt8] = []
  /// The parts of the output that `{% generation %}` marks.
  var generated: [Range<Int>] = []
  /// How many texts are being made that are not the output itself.
  var captures = 0
  private var depth = 0
  private let stack = StackGuard()
  /// The line of what is being evaluated, for what carries no line itself.
  var line = 1
  private var work = 0
  /// What may refer to itself, kept to be taken apart in the end.
  private var scopes: [JinjaScope] = []
  private var namespaces: [JinjaNamespace] = []

  init(name: String, variables: [ByteString: JinjaValue]) {
    self.name = name
    let globals = JinjaScope(
      Dictionary(Self.globals.map { ($0, .function(.global($0))) }) { first, _ in first }, inside: nil)
    scope = JinjaScope(variables, inside: globals)
    keep(scope)
  }

  /// Takes apart what may refer to itself.
  func finish() {
    for scope in scopes { scope.names = [:] }
    for namespace in namespaces { namespace.attributes = JinjaDictionary() }
  }

  func keep(_ scope: JinjaScope) { scopes.append(scope) }

  func makeNamespace(_ attributes: JinjaDictionary) -> JinjaValue {
    let namespace = JinjaNamespace(attributes)
    namespaces.append(namespace)
    return .namespace(namespace)
  }

  // MARK: Errors and limits

  func error(_ message: String, _ line: Int) -> HoldfastError {
    HoldfastError(.invalidArgument, "\(name), line \(line == 0 ? self.line : line): \(message)")
  }

  func unsupported(_ what: String, _ line: Int) -> HoldfastError {
    HoldfastError(.unsupported, "\(name), line \(line): \(what) is not supported in chat templates")
  }

  /// Counts work; throws when the template has done too much.
  func charge(_ amount: Int, _ line: Int) throws(HoldfastError) {
    let (sum, overflows) = work.addingReportingOverflow(max(amount, 0))
    work = sum
    guard !overflows, sum <= Self.workLimit else {
      throw error("the template does more than \(Self.workLimit) steps; it may not end", line)
    }
  }

  /// Counts a text that was made, or is to be made.
  func charge(bytes: Int, _ line: Int) throws(HoldfastError) {
    guard bytes <= Self.sizeLimit else {
      throw error("a text grows beyond \(Self.sizeLimit) bytes", line)
    }
    try charge(1 + bytes / 4, line)
  }

  /// Counts the elements of a list that is to be made.
  func charge(elements: Int, _ line: Int) throws(HoldfastError) {
    guard elements <= Self.sizeLimit / 64 else {
      throw error("a list grows beyond \(Self.sizeLimit / 64) elements", line)
    }
    try charge(1 + 8 * elements, line)
  }

  /// The value, unless lists stand too deep inside one another.
  func checked(_ value: JinjaValue, _ line: Int) throws(HoldfastError) -> JinjaValue {
    guard value.depth <= Self.valueDepthLimit else {
      throw error("values stand more than \(Self.valueDepthLimit) deep inside one another", line)
    }
    guard value.weight <= Self.sizeLimit / 16 else {
      throw error("a list or dictionary grows beyond \(Self.sizeLimit) bytes", line)
    }
    return value
  }

  /// A counted text.
  func made(_ text: ByteString, _ line: Int) throws(HoldfastError) -> JinjaValue {
    try charge(bytes: text.count, line)
    return .string(text)
  }

  /// A counted list.
  func made(_ elements: [JinjaValue], _ line: Int) throws(HoldfastError) -> JinjaValue {
    try charge(elements: elements.count, line)
    return try checked(.list(elements), line)
  }

  /// Runs `body` one level deeper.
  func deeper<Result>(
    _ line: Int, _ body: () throws(HoldfastError) -> Result
  ) throws(HoldfastError) -> Result {
    guard depth < Self.depthLimit, !stack.isExhausted else {
      throw error("expressions, loops and macros stand too deep inside one another", line)
    }
    depth += 1
    defer { depth -= 1 }
    return try body()
  }

  /// What `body` writes, as a text of its own.
  func captured(_ body: () throws(HoldfastError) -> Void) throws(HoldfastError) -> ByteString {
    let outer = output
    output = []
    captures += 1
    defer {
      output = outer
      captures -= 1
    }
    try body()
    return ByteString(output)
  }

  /// Runs `body` in a scope of its own.
  func scoped<Result>(
    _ inner: JinjaScope, _ body: () throws(HoldfastError) -> Result
  ) throws(HoldfastError) -> Result {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try body()
  }

  func write(_ text: ByteString, _ line: Int) throws(HoldfastError) {
    try charge(bytes: output.count + text.count > Self.sizeLimit ? .max : text.count, line)
    output += text.bytes
  }
}
