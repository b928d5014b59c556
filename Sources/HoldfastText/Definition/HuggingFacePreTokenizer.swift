import HoldfastStorage
import HoldfastTensor

/// What the `pre_tokenizer` of a `tokenizer.json` says.
struct HuggingFacePreTokenizer {
  /// How words are cut.
  private(set) var rules = PreTokenizer()
  /// Whether the words' bytes, rather than their characters, are what is merged.
  private(set) var isByteLevel = false

  /// Reads the description; `nil` cuts nothing.
  init(_ node: JSONNode?) throws(HoldfastError) {
    guard let node else { return }
    try read(node)
  }

  private mutating func read(_ node: JSONNode) throws(HoldfastError) {
    let type = try node.member("type").text()
    if isByteLevel {
      throw unsupported(node, "has '\(type)' behind ByteLevel; ByteLevel must come last")
    }
    switch type {
    case "Sequence":
      for part in try node.member("pretokenizers").elements() { try read(part) }
    case "Digits":
      rules.steps.append(.digits(individual: try node.optional("individual_digits")?.bool() ?? false))
    case "Punctuation":
      let behavior = try node.optional("behavior").map { (part) throws(HoldfastError) in
        try Self.behavior(part)
      }
      rules.steps.append(.punctuation(PreTokenizer.Split(behavior: behavior ?? .isolated)))
    case "Whitespace": rules.steps.append(.words)
    case "WhitespaceSplit": rules.steps.append(.whiteSpace)
    case "Split": try readSplit(node)
    case "Metaspace":
      rules.steps.append(
        .metaspace(
          replacement: try node.member("replacement").string(),
          prepend: try TokenizerDefinition.metaspacePrepend(node),
          splits: try node.optional("split")?.bool() ?? true))
    case "ByteLevel":
      isByteLevel = true
      if try node.optional("add_prefix_space")?.bool() ?? true { rules.steps.append(.prefixSpace) }
      if try node.optional("use_regex")?.bool() ?? true { rules.steps.append(.pattern(.gpt2)) }
    default:
      throw unsupported(
        node,
        "is of type '\(type)'; known types are ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace, "
          + "WhitespaceSplit and Sequence")
    }
  }

  private mutating func readSplit(_ node: JSONNode) throws(HoldfastError) {
    let split = PreTokenizer.Split(
      behavior: try Self.behavior(try node.member("behavior")),
      isInverted: try node.optional("invert")?.bool() ?? false)
    let pattern = try node.member("pattern")
    guard let expression = try pattern.optional("Regex") else {
      let literal = try pattern.member("String").string()
      if !literal.isEmpty { rules.steps.append(.literal(literal, split)) }
      return
    }
    let text = try expression.text()
    // The published expressions match every character, so keeping the matches or dropping what is between is the same.
    let isolates =
      split.behavior == .isolated && !split.isInverted || split.behavior == .removed && split.isInverted
    let known = PreTokenizer.Pattern.expressions.first { $0.text.utf8.elementsEqual(text.utf8) }
    if isolates, let known {
      rules.steps.append(.pattern(known.pattern))
    } else {
      rules.steps.append(.expression(try TokenizerDefinition.expression(expression), split))
    }
  }

  private static func behavior(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer.Split.Behavior {
    guard let known = PreTokenizer.Split.Behavior(rawValue: try node.text()) else {
      let names = PreTokenizer.Split.Behavior.allCases.map(\.rawValue).joined(separator: ", ")
      throw node.wrong("is '\(try node.text())'; known are \(names)")
    }
    return known
  }

  private func unsupported(_ node: JSONNode, _ message: String) -> HoldfastError {
    HoldfastError(.unsupported, node.wrong(message).message)
  }
}
