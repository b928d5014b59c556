import HoldfastStorage
import HoldfastTensor

/// The steps of a definition in the form in which checkpoints carry them.
extension TokenizerDefinition {
  static func serialized(_ step: NormalizationStep) -> JSON {
    switch step {
    case .prepend(let text): return ["type": "prepend", "text": .string(text)]
    case .replace(let old, let new): return ["type": "replace", "old": .string(old), "new": .string(new)]
    case .replaceMatches(let expression, let new):
      return ["type": "replace", "expression": .text(expression.text), "new": .string(new)]
    case .form(let form): return ["type": .text(form.rawValue)]
    case .strip(let left, let right): return ["type": "strip", "left": .bool(left), "right": .bool(right)]
    case .lowercase: return ["type": "lowercase"]
    case .charactersMap(let map): return ["type": "characters_map", "map": .string(Base64.encode(map.bytes))]
    case .sentencePiece(let normalizer):
      return [
        "type": "sentencepiece", "map": normalizer.map.map { .string(Base64.encode($0.bytes)) } ?? .null,
        "add_dummy_prefix": .bool(normalizer.addsDummyPrefix),
        "remove_extra_whitespaces": .bool(normalizer.removesExtraSpaces),
        "escape_whitespaces": .bool(normalizer.escapesSpaces),
        "treat_whitespace_as_suffix": .bool(normalizer.putsSpaceBehind),
        "untouched": .array(normalizer.untouched.map(JSON.string)),
      ]
    }
  }

  static func step(_ node: JSONNode) throws(HoldfastError) -> NormalizationStep {
    let type = try node.member("type").text()
    if let form = NormalizationForm(rawValue: type) { return .form(form) }
    switch type {
    case "prepend": return .prepend(try node.member("text").string())
    case "replace":
      let new = try node.member("new").string()
      if let expression = try node.optional("expression") {
        return .replaceMatches(try Self.expression(expression), new)
      }
      return .replace(try node.member("old").string(), new)
    case "strip": return .strip(left: try node.member("left").bool(), right: try node.member("right").bool())
    case "lowercase": return .lowercase
    case "characters_map": return .charactersMap(try map(try node.member("map")))
    case "sentencepiece":
      var normalizer = SentencePieceNormalizer()
      if let stored = try node.optional("map") { normalizer.map = try map(stored) }
      normalizer.addsDummyPrefix = try node.member("add_dummy_prefix").bool()
      normalizer.removesExtraSpaces = try node.member("remove_extra_whitespaces").bool()
      normalizer.escapesSpaces = try node.member("escape_whitespaces").bool()
      normalizer.putsSpaceBehind = try node.member("treat_whitespace_as_suffix").bool()
      for symbol in try node.member("untouched").elements() {
        normalizer.untouched.append(try symbol.string())
      }
      return .sentencePiece(normalizer)
    default: throw node.wrong("is of the unknown type '\(type)'")
    }
  }

  private static func map(_ node: JSONNode) throws(HoldfastError) -> CharactersMap {
    guard let bytes = Base64.decode(try node.string()) else { throw node.wrong("is not Base64") }
    return try CharactersMap(bytes, name: node.document)
  }

  static func serialized(_ step: PreTokenizer.Step) -> JSON {
    func part(_ type: JSON, _ split: PreTokenizer.Split, _ members: [(ByteString, JSON)] = []) -> JSON {
      var json: JSON = [
        "type": type, "behavior": .text(split.behavior.rawValue), "invert": .bool(split.isInverted),
      ]
      for (key, value) in members { json.set(key, value) }
      return json
    }
    switch step {
    case .digits(let individual): return ["type": "digits", "individual": .bool(individual)]
    case .pattern(let pattern): return ["type": "pattern", "pattern": .text(pattern.rawValue)]
    case .expression(let expression, let split):
      return part("expression", split, [("expression", .text(expression.text))])
    case .literal(let literal, let split): return part("literal", split, [("literal", .string(literal))])
    case .punctuation(let split): return part("punctuation", split)
    case .words: return ["type": "words"]
    case .whiteSpace: return ["type": "white_space"]
    case .prefixSpace: return ["type": "prefix_space"]
    case .metaspace(let replacement, let prepend, let splits):
      return [
        "type": "metaspace", "replacement": .string(replacement), "prepend": .text(prepend.rawValue),
        "split": .bool(splits),
      ]
    }
  }

  /// Reads the steps that cut words, or the rule of version 1: digits, prefix space and pattern.
  static func preTokenizer(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer {
    var rules = PreTokenizer()
    if node.json.arrayValue != nil {
      for step in try node.elements() { rules.steps.append(try preTokenizerStep(step)) }
      return rules
    }
    let digits = try node.member("digits").text()
    guard ["untouched", "individual", "runs"].contains(digits) else {
      throw try node.member("digits").wrong("names an unknown rule: '\(digits)'")
    }
    if digits != "untouched" { rules.steps.append(.digits(individual: digits == "individual")) }
    if try node.member("add_prefix_space").bool() { rules.steps.append(.prefixSpace) }
    let pattern = try node.member("pattern")
    if try pattern.text() != "whole" { rules.steps.append(.pattern(try Self.pattern(pattern))) }
    return rules
  }

  private static func pattern(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer.Pattern {
    guard let known = PreTokenizer.Pattern(rawValue: try node.text()) else {
      throw node.wrong("is the unknown pattern '\(try node.text())'")
    }
    return known
  }

  private static func preTokenizerStep(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer.Step {
    let type = try node.member("type").text()
    switch type {
    case "digits": return .digits(individual: try node.member("individual").bool())
    case "pattern": return .pattern(try pattern(try node.member("pattern")))
    case "expression":
      return .expression(try Self.expression(try node.member("expression")), try split(node))
    case "literal": return .literal(try node.member("literal").string(), try split(node))
    case "punctuation": return .punctuation(try split(node))
    case "words": return .words
    case "white_space": return .whiteSpace
    case "prefix_space": return .prefixSpace
    case "metaspace":
      guard let prepend = PreTokenizer.Prepend(rawValue: try node.member("prepend").text()) else {
        throw try node.member("prepend").wrong("must be always, first or never")
      }
      return .metaspace(
        replacement: try node.member("replacement").string(), prepend: prepend,
        splits: try node.member("split").bool())
    default: throw node.wrong("is of the unknown type '\(type)'")
    }
  }

  private static func split(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer.Split {
    guard let behavior = PreTokenizer.Split.Behavior(rawValue: try node.member("behavior").text()) else {
      throw try node.member("behavior").wrong("is an unknown behavior")
    }
    return PreTokenizer.Split(behavior: behavior, isInverted: try node.member("invert").bool())
  }

  static func serialized(_ rule: DecodingRule) -> JSON {
    [
      "replacements": .array(rule.replacements.map { .array([.string($0.old), .string($0.new)]) }),
      "join_bytes": .bool(rule.joinsBytes), "stripped_spaces": .int(rule.strippedSpaces),
      "dropped_from_first": rule.droppedFromFirst.map(JSON.string) ?? .null,
    ]
  }

  /// Reads the decoding rule, or what version 1 has instead of it.
  mutating func readDecoding(_ root: JSONNode) throws(HoldfastError) {
    guard let node = try root.optional("decoding") else {
      let stripped = try root.member("stripped_spaces").int(in: 0...1024)
      if symbols == .scalars {
        decoding = .sentencePiece(joinsBytes: fallsBackToBytes, strippedSpaces: stripped)
      }
      return
    }
    for pair in try node.member("replacements").elements() {
      let parts = try pair.elements()
      guard parts.count == 2 else { throw pair.wrong("must be two texts") }
      decoding.replacements.append(
        DecodingRule.Replacement(old: try parts[0].string(), new: try parts[1].string()))
    }
    decoding.joinsBytes = try node.member("join_bytes").bool()
    decoding.strippedSpaces = try node.member("stripped_spaces").int(in: 0...1024)
    decoding.droppedFromFirst = try node.optional("dropped_from_first")?.string()
  }
}
