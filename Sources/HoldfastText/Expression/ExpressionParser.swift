import HoldfastTensor

/// Reads a regular expression as Oniguruma, the library behind Hugging Face `tokenizers`, does by default (Ruby's syntax).
///
/// Groups, alternatives, classes with ranges, nesting and `&&`, `\p{…}`, repetitions (greedy, lazy, possessive), look-ahead,
/// one character of look-behind, atomic groups, `(?i:…)` and anchors are known; anything else is refused by name.
struct ExpressionParser {
  let text: String
  let scalars: [Unicode.Scalar]
  var place = 0
  /// Whether letters are read without regard to case.
  var ignoresCase = false
  /// How many classes are open.
  var nesting = 0
  private var depth = 0

  private static let depthLimit = 50
  private static let repetitionLimit = 1000

  init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
  }

  /// The tree of the whole expression.
  mutating func parse() throws(HoldfastError) -> ExpressionNode {
    let node = try alternatives()
    guard place == scalars.count else { throw unsupported("an unmatched ')'") }
    return node
  }

  var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  /// Passes over `expected` if it comes next.
  mutating func skip(_ expected: String) -> Bool {
    let wanted = expected.unicodeScalars
    guard scalars[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  /// The error for a construct that is not known.
  func unsupported(_ what: String) -> HoldfastError {
    HoldfastError(
      .unsupported,
      "the regular expression \(text) has \(what) at character \(place + 1), which is not known here")
  }

  private mutating func alternatives() throws(HoldfastError) -> ExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw unsupported("more than \(Self.depthLimit) nested groups") }
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    var choices: [ExpressionNode] = [try sequence()]
    while skip("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .alternatives(choices)
  }

  private mutating func sequence() throws(HoldfastError) -> ExpressionNode {
    var parts: [ExpressionNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      parts.append(try repeated(try atom()))
    }
    return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ atom: ExpressionNode) throws(HoldfastError) -> ExpressionNode {
    var node = atom
    while let (least, most, isInterval) = try quantifier() {
      if case .anchor = node { throw unsupported("a repeated anchor") }
      guard !(node.mayBeEmpty && most == nil) else { throw unsupported("a repetition of what may be empty") }
      var greed = ExpressionNode.Greed.greedy
      if skip("?") {
        greed = .lazy
      } else if !isInterval, skip("+") {
        // Behind an interval, Ruby's + is a repetition of its own.
        greed = .possessive
      }
      node = .repetition(node, least: least, most: most, greed)
    }
    return node
  }

  private mutating func quantifier() throws(HoldfastError) -> (Int, Int?, isInterval: Bool)? {
    if skip("*") { return (0, nil, false) }
    if skip("+") { return (1, nil, false) }
    if skip("?") { return (0, 1, false) }
    let start = place
    guard skip("{") else { return nil }
    let least = number()
    var most = least
    if skip(",") { most = number() }
    guard skip("}"), least != nil || most != nil else {
      // A brace that begins no interval stands for itself.
      place = start
      return nil
    }
    guard max(least ?? 0, most ?? 0) <= Self.repetitionLimit, least ?? 0 <= most ?? .max else {
      throw unsupported("an interval beyond \(Self.repetitionLimit)")
    }
    return (least ?? 0, most, true)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next.flatMap({ Int(String($0)) }), value ?? 0 < 100_000 {
      value = (value ?? 0) * 10 + digit
      place += 1
    }
    return value
  }

  private mutating func atom() throws(HoldfastError) -> ExpressionNode {
    guard let scalar = next else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[":
      place += 1
      return .set(try bracketClass())
    case ".":
      place += 1
      return .set(ScalarSet([0x0A...0x0A]).inverted)
    case "^":
      place += 1
      return .anchor(.lineStart)
    case "$":
      place += 1
      return .anchor(.lineEnd)
    case "*", "+", "?": throw unsupported("'\(scalar)' with nothing to repeat")
    case "\\": return try escaped()
    default:
      place += 1
      try refuseFoldedPair()
      return .set(try literal(scalar))
    }
  }

  /// Refuses letters that are one character in another case: without regard to case, Oniguruma reads `ss` as `ß` too.
  private func refuseFoldedPair() throws(HoldfastError) {
    guard ignoresCase, place >= 2 else { return }
    let pair = scalars[place - 2..<place].map(\.properties.lowercaseMapping).joined()
    if ["ss", "ff", "fi", "fl", "st"].contains(pair) {
      throw unsupported("the letters '\(pair)', which are one in another case,")
    }
  }

  private mutating func escaped() throws(HoldfastError) -> ExpressionNode {
    let anchors: [(String, ExpressionNode.Anchor)] = [
      ("\\A", .textStart), ("\\z", .textEnd), ("\\Z", .textEndOrLastLine), ("\\b", .wordBoundary),
      ("\\B", .noWordBoundary),
    ]
    for (written, anchor) in anchors where skip(written) { return .anchor(anchor) }
    return .set(try escapedSet())
  }

  private mutating func group() throws(HoldfastError) -> ExpressionNode {
    place += 1
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    var wrap: (ExpressionNode) -> ExpressionNode = { $0 }
    if skip("?:") {
    } else if skip("?=") {
      wrap = { .ahead($0, negated: false) }
    } else if skip("?!") {
      wrap = { .ahead($0, negated: true) }
    } else if skip("?>") {
      wrap = { .atomic($0) }
    } else if skip("?<=") {
      return try behind(negated: false)
    } else if skip("?<!") {
      return try behind(negated: true)
    } else if skip("?i:") {
      ignoresCase = true
    } else if skip("?-i:") {
      ignoresCase = false
    } else if skip("?i)") {
      // The option holds to the end of the group around it, alternatives included.
      ignoresCase = true
      let rest = try alternatives()
      return rest
    } else if next == "?" {
      throw unsupported(
        "a group of kind '(\(String(String.UnicodeScalarView(scalars[place...].prefix(3)))))'")
    }
    let body = try alternatives()
    guard skip(")") else { throw unsupported("a group without its ')'") }
    return wrap(body)
  }

  private mutating func behind(negated: Bool) throws(HoldfastError) -> ExpressionNode {
    let body = try alternatives()
    guard skip(")") else { throw unsupported("a group without its ')'") }
    guard let set = Self.single(body) else { throw unsupported("a look-behind of more than one character") }
    return .behind(set, negated: negated)
  }

  /// The set of a tree that matches exactly one scalar.
  private static func single(_ node: ExpressionNode) -> ScalarSet? {
    switch node {
    case .set(let set): return set
    case .alternatives(let choices):
      var result = ScalarSet()
      for choice in choices {
        guard let set = single(choice) else { return nil }
        result = result.union(set)
      }
      return result
    default: return nil
    }
  }
}
