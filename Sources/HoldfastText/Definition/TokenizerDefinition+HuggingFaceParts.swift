import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads the `normalizer` of a `tokenizer.json`.
  static func normalization(_ node: JSONNode?) throws(HoldfastError) -> [NormalizationStep] {
    guard let node else { return [] }
    let type = try node.member("type").text()
    if let form = NormalizationForm(rawValue: type.lowercased()), type == type.uppercased() {
      return [.form(form)]
    }
    switch type {
    case "Sequence":
      var steps: [NormalizationStep] = []
      for part in try node.member("normalizers").elements() { steps += try normalization(part) }
      return steps
    case "Prepend": return [.prepend(try node.member("prepend").string())]
    case "Lowercase": return [.lowercase]
    case "Strip":
      return [
        .strip(left: try node.member("strip_left").bool(), right: try node.member("strip_right").bool())
      ]
    case "Precompiled":
      let map = try node.member("precompiled_charsmap")
      guard let bytes = Base64.decode(try map.string()) else { throw map.wrong("is not Base64") }
      return bytes.isEmpty ? [] : [.charactersMap(try CharactersMap(bytes, name: map.document))]
    case "Replace":
      let pattern = try node.member("pattern")
      let content = try node.member("content").string()
      if let node = try pattern.optional("Regex") { return [.replaceMatches(try expression(node), content)] }
      let old = try pattern.member("String").string()
      return old.isEmpty ? [] : [.replace(old, content)]
    default:
      throw unsupported(
        node,
        "is of type '\(type)'; known types are NFC, NFD, NFKC, NFKD, Lowercase, Precompiled, Prepend, Replace, Strip and "
          + "Sequence")
    }
  }

  /// Reads the `post_processor`: the ids put around a text, or `nil` when it does not say.
  static func template(
    _ node: JSONNode?, _ definition: TokenizerDefinition
  ) throws(HoldfastError) -> (prefix: [Int32], suffix: [Int32])? {
    guard let node else { return nil }
    let type = try node.member("type").text()
    switch type {
    case "ByteLevel": return nil
    case "Sequence":
      var result: (prefix: [Int32], suffix: [Int32])?
      for part in try node.member("processors").elements() {
        if let template = try template(part, definition) { result = template }
      }
      return result
    case "TemplateProcessing": return try sequenceTemplate(node)
    default:
      throw unsupported(
        node, "is of type '\(type)'; known types are ByteLevel, TemplateProcessing and Sequence")
    }
  }

  private static func sequenceTemplate(
    _ node: JSONNode
  ) throws(HoldfastError) -> (prefix: [Int32], suffix: [Int32]) {
    let special = try node.member("special_tokens")
    var prefix: [Int32] = []
    var suffix: [Int32] = []
    var sequences = 0
    for piece in try node.member("single").elements() {
      if let token = try piece.optional("SpecialToken") {
        let entry = try special.member(try token.member("id").string())
        var ids: [Int32] = []
        for id in try entry.member("ids").elements() { ids.append(try id.int32()) }
        if sequences == 0 { prefix += ids } else { suffix += ids }
      } else {
        _ = try piece.member("Sequence")
        sequences += 1
      }
    }
    guard sequences == 1 else {
      throw node.wrong("must hold the sequence once, and holds it \(sequences) times")
    }
    return (prefix, suffix)
  }

  static func unsupported(_ node: JSONNode, _ message: String) -> HoldfastError {
    HoldfastError(.unsupported, node.wrong(message).message)
  }
}
