import HoldfastStorage

/// An expression of a template.
final class JinjaExpression: Sendable {
  indirect enum Kind: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(ByteString)
    case name(ByteString)
    case list([JinjaExpression])
    case tuple([JinjaExpression])
    case dictionary([(key: JinjaExpression, value: JinjaExpression)])
    case attribute(JinjaExpression, ByteString)
    case subscripted(JinjaExpression, JinjaExpression)
    case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, by: JinjaExpression?)
    case call(JinjaExpression, JinjaArguments)
    /// A filter; nothing stands before it at the head of `{% filter %}` and `{% set x | filter %}`.
    case filter(JinjaExpression?, ByteString, JinjaArguments)
    case test(JinjaExpression, ByteString, JinjaArguments)
    case not(JinjaExpression)
    case negative(JinjaExpression)
    case positive(JinjaExpression)
    case arithmetic(ByteString, JinjaExpression, JinjaExpression)
    case concatenation([JinjaExpression])
    case comparison(JinjaExpression, [(sign: ByteString, value: JinjaExpression)])
    case and(JinjaExpression, JinjaExpression)
    case or(JinjaExpression, JinjaExpression)
    case conditional(JinjaExpression, then: JinjaExpression, otherwise: JinjaExpression?)
  }

  let kind: Kind
  let line: Int
  /// How many expressions stand inside one another here, itself included.
  let depth: Int

  init(_ kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
    depth = 1 + kind.parts.reduce(0) { max($0, $1.depth) }
  }
}

/// What stands between the parentheses of a call.
struct JinjaArguments: Sendable {
  var positional: [JinjaExpression] = []
  var named: [(name: ByteString, value: JinjaExpression)] = []
  /// `*list` and `**dictionary`.
  var list: JinjaExpression?
  var dictionary: JinjaExpression?

  var parts: [JinjaExpression] { positional + named.map(\.value) + [list, dictionary].compactMap(\.self) }
}

extension JinjaExpression.Kind {
  /// The expressions directly inside.
  var parts: [JinjaExpression] {
    switch self {
    case .none, .bool, .integer, .float, .string, .name: []
    case .list(let items), .tuple(let items), .concatenation(let items): items
    case .dictionary(let pairs): pairs.flatMap { [$0.key, $0.value] }
    case .attribute(let a, _), .not(let a), .negative(let a), .positive(let a): [a]
    case .subscripted(let a, let b), .arithmetic(_, let a, let b), .and(let a, let b), .or(let a, let b):
      [a, b]
    case .slice(let a, let from, let to, let by): [a] + [from, to, by].compactMap(\.self)
    case .call(let a, let arguments), .test(let a, _, let arguments): [a] + arguments.parts
    case .filter(let a, _, let arguments): (a.map { [$0] } ?? []) + arguments.parts
    case .comparison(let a, let others): [a] + others.map(\.value)
    case .conditional(let test, let a, let b): [test, a] + (b.map { [$0] } ?? [])
    }
  }
}
