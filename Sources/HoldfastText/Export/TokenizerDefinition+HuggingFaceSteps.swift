import HoldfastStorage
import HoldfastTensor

/// How texts are normalised and cut, as `tokenizer.json` says it.
extension TokenizerDefinition {
  func writtenNormalizer() throws(HoldfastError) -> JSON {
    var steps: [JSON] = []
    for step in normalization { steps += try Self.written(step, source) }
    guard steps.count != 1 else { return steps[0] }
    return steps.isEmpty ? nil : ["type": "Sequence", "normalizers": .array(steps)]
  }

  private static func written(_ step: NormalizationStep, _ source: String) throws(HoldfastError) -> [JSON] {
    switch step {
    case .prepend(let text): return [["type": "Prepend", "prepend": .string(text)]]
    case .replace(let old, let new): return [replace(["String": .string(old)], .string(new))]
    case .replaceMatches(let expression, let new):
      return [replace(["Regex": .text(expression.text)], .string(new))]
    case .form(let form): return [["type": .text(form.rawValue.uppercased())]]
    case .strip(let left, let right):
      return [["type": "Strip", "strip_left": .bool(left), "strip_right": .bool(right)]]
    case .lowercase: return [["type": "Lowercase"]]
    case .charactersMap(let map): return [precompiled(map)]
    case .sentencePiece(let normalizer): return try written(normalizer, source)
    }
  }

  private static func written(
    _ normalizer: SentencePieceNormalizer, _ source: String
  ) throws(HoldfastError) -> [JSON] {
    guard !normalizer.putsSpaceBehind || !normalizer.addsDummyPrefix else {
      throw HoldfastError(
        .unsupported,
        "\(source): the tokenizer puts a space behind the text, which tokenizer.json cannot say; keep its "
          + "tokenizer.model beside the exported model")
    }
    let space: JSON = normalizer.escapesSpaces ? "▁" : " "
    var steps: [JSON] = []
    if let map = normalizer.map { steps.append(precompiled(map)) }
    if normalizer.removesExtraSpaces {
      steps.append(replace(["Regex": #"\A +| +\z"#], ""))
      steps.append(replace(["Regex": " {2,}"], " "))
    }
    if normalizer.addsDummyPrefix { steps.append(["type": "Prepend", "prepend": space]) }
    if normalizer.escapesSpaces { steps.append(replace(["String": " "], space)) }
    return steps
  }

  private static func replace(_ pattern: JSON, _ content: JSON) -> JSON {
    ["type": "Replace", "pattern": pattern, "content": content]
  }

  private static func precompiled(_ map: CharactersMap) -> JSON {
    ["type": "Precompiled", "precompiled_charsmap": .string(Base64.encode(map.bytes))]
  }

  func writtenPreTokenizer() throws(HoldfastError) -> JSON {
    var steps = preTokenizer.steps
    var last: JSON?
    if symbols == .bytes {
      // ByteLevel comes last and has two steps in it, each on request.
      let usesExpression = steps.last == .pattern(.gpt2)
      if usesExpression { steps.removeLast() }
      let addsSpace = steps.last == .prefixSpace
      if addsSpace { steps.removeLast() }
      last = [
        "type": "ByteLevel", "add_prefix_space": .bool(addsSpace), "trim_offsets": true,
        "use_regex": .bool(usesExpression),
      ]
    }
    var parts: [JSON] = []
    for step in steps { parts.append(try written(step)) }
    if let last { parts.append(last) }
    guard parts.count != 1 else { return parts[0] }
    return parts.isEmpty ? nil : ["type": "Sequence", "pretokenizers": .array(parts)]
  }

  private func written(_ step: PreTokenizer.Step) throws(HoldfastError) -> JSON {
    switch step {
    case .digits(let individual): return ["type": "Digits", "individual_digits": .bool(individual)]
    case .pattern(let pattern):
      let text = PreTokenizer.Pattern.expressions.first { $0.pattern == pattern }?.text ?? ""
      return Self.split(["Regex": .text(text)], PreTokenizer.Split())
    case .expression(let expression, let split): return Self.split(["Regex": .text(expression.text)], split)
    case .literal(let text, let split): return Self.split(["String": .string(text)], split)
    case .punctuation(let split): return ["type": "Punctuation", "behavior": .text(split.behavior.rawValue)]
    case .words: return ["type": "Whitespace"]
    case .whiteSpace: return ["type": "WhitespaceSplit"]
    case .metaspace(let replacement, let prepend, let splits):
      return [
        "type": "Metaspace", "replacement": .string(replacement), "prepend_scheme": .text(prepend.rawValue),
        "split": .bool(splits),
      ]
    case .prefixSpace:
      throw HoldfastError(
        .unsupported,
        "\(source): a space is put before words in the middle of cutting, which tokenizer.json cannot say")
    }
  }

  private static func split(_ pattern: JSON, _ split: PreTokenizer.Split) -> JSON {
    [
      "type": "Split", "pattern": pattern, "behavior": .text(split.behavior.rawValue),
      "invert": .bool(split.isInverted),
    ]
  }
}
