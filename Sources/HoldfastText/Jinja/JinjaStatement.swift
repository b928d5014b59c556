import HoldfastStorage

/// A statement of a template.
indirect enum JinjaStatement: Sendable {
  /// Text that is written as it stands.
  case data(ByteString)
  /// `{{ … }}`
  case print(JinjaExpression)
  case set(JinjaTarget, JinjaExpression)
  /// `{% set x %}…{% endset %}`, with a filter or none.
  case setBlock(JinjaTarget, filter: JinjaExpression?, [JinjaStatement], line: Int)
  case loop(JinjaLoopStatement)
  case branch([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
  case macro(JinjaMacro)
  /// `{% call(x) macro() %}…{% endcall %}`
  case callBlock(JinjaMacro, JinjaExpression)
  /// `{% filter upper %}…{% endfilter %}`
  case filterBlock(JinjaExpression, [JinjaStatement])
  case with([(target: JinjaTarget, value: JinjaExpression)], [JinjaStatement])
  /// `{% generation %}…{% endgeneration %}`: what the assistant says.
  case generation([JinjaStatement])
  case breakLoop
  case continueLoop
}

/// What a value is given to.
indirect enum JinjaTarget: Sendable {
  case name(ByteString)
  /// An attribute of a namespace.
  case attribute(ByteString, ByteString, line: Int)
  case tuple([JinjaTarget], line: Int)
}

/// `{% for target in items if condition %}…{% else %}…{% endfor %}`
struct JinjaLoopStatement: Sendable {
  var target: JinjaTarget
  var items: JinjaExpression
  var condition: JinjaExpression?
  var body: [JinjaStatement]
  var otherwise: [JinjaStatement]
  var line: Int
}

/// `{% macro name(parameters) %}…{% endmacro %}`
struct JinjaMacro: Sendable {
  var name: ByteString
  var parameters: [(name: ByteString, value: JinjaExpression?)] = []
  var body: [JinjaStatement] = []
  var line: Int
  /// Whether its body speaks of `varargs` or `kwargs`, and so takes arguments that no parameter names.
  var takesMore = false
  var takesMoreNamed = false
}
