import HoldfastStorage
import HoldfastTensor

/// What the `pre_tokenizer` of a `tokenizer.json` says, as far as it is known here.
struct HuggingFacePreTokenizer {
  /// How words are cut.
  private(set) var rule = PreTokenizer()
  /// Whether the words' bytes, rather than their characters, are what is merged.
  private(set) var isByteLevel = false
  private var hasPattern = false

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
      guard !hasPattern, rule.digits == .untouched else {
        throw unsupported(node, "has Digits behind another rule; Digits must come first")
      }
      rule.digits = try node.optional("individual_digits")?.bool() ?? false ? .individual : .runs
    case "Split": try readSplit(node)
    case "ByteLevel":
      isByteLevel = true
      rule.addsPrefixSpace = try node.optional("add_prefix_space")?.bool() ?? true
      let usesExpression = try node.optional("use_regex")?.bool() ?? true
      if rule.addsPrefixSpace, hasPattern {
        throw unsupported(node, "puts a space before every part of a Split")
      }
      if usesExpression { try setPattern(.gpt2, node) }
    default:
      throw unsupported(
        node, "is of type '\(type)'; known types are ByteLevel, Digits, Split and Sequence")
    }
  }

  private mutating func readSplit(_ node: JSONNode) throws(HoldfastError) {
    let behavior = try node.member("behavior").text()
    let inverts = try node.optional("invert")?.bool() ?? false
    // The known expressions match every character, so keeping the matches or dropping what is between is the same.
    guard behavior == "Isolated" && !inverts || behavior == "Removed" && inverts else {
      throw unsupported(
        node, "has behavior '\(behavior)'; known are Isolated, and Removed with invert")
    }
    let pattern = try node.member("pattern")
    guard let text = try pattern.optional("Regex")?.text() else {
      throw unsupported(pattern, "is not a Regex, the only kind known")
    }
    guard let known = PreTokenizer.Pattern.expressions.first(where: { $0.text == text }) else {
      let list = PreTokenizer.Pattern.expressions.map { "\n  \($0.pattern.rawValue): \($0.text)" }.joined()
      throw unsupported(pattern, "is the unknown expression \(text)\nknown expressions:\(list)")
    }
    try setPattern(known.pattern, node)
  }

  private mutating func setPattern(
    _ pattern: PreTokenizer.Pattern, _ node: JSONNode
  ) throws(HoldfastError) {
    guard !hasPattern else {
      throw unsupported(node, "cuts words with a second expression, which this build does not have")
    }
    hasPattern = true
    rule.pattern = pattern
  }

  private func unsupported(_ node: JSONNode, _ message: String) -> HoldfastError {
    HoldfastError(.unsupported, node.wrong(message).message)
  }
}
