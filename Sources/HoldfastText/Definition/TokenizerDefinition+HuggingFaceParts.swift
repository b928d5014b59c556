import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads the `normalizer` of a `tokenizer.json`.
  static func normalization(_ node: JSONNode?) throws(HoldfastError) -> [NormalizationStep] {
    guard let node else { return [] }
    let type = try node.member("type").text()
    switch type {
    case "Sequence":
      var steps: [NormalizationStep] = []
      for part in try node.member("normalizers").elements() { steps += try normalization(part) }
      return steps
    case "Prepend": return [.prepend(try node.member("prepend").string())]
    case "NFC": return [.nfc]
    case "Replace":
      let pattern = try node.member("pattern")
      guard let old = try pattern.optional("String")?.string(), !old.isEmpty else {
        throw unsupported(pattern, "is not a String, the only kind of pattern known")
      }
      return [.replace(old, try node.member("content").string())]
    default:
      throw unsupported(
        node, "is of type '\(type)'; known types are NFC, Prepend, Replace and Sequence")
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

  /// Reads the `decoder`: only whether a space at the beginning is taken away differs between the known ones.
  mutating func readDecoder(_ node: JSONNode?) throws(HoldfastError) {
    guard let node else { return }
    let type = try node.member("type").text()
    switch (type, symbols) {
    case ("ByteLevel", .bytes): return
    case ("Sequence", .scalars):
      for part in try node.member("decoders").elements() { try readScalarDecoder(part) }
    default:
      throw Self.unsupported(
        node,
        symbols == .bytes
          ? "is of type '\(type)'; a byte-level tokenizer's must be ByteLevel"
          : "is of type '\(type)'; known is a Sequence of Replace, ByteFallback, Fuse and Strip")
    }
  }

  private mutating func readScalarDecoder(_ node: JSONNode) throws(HoldfastError) {
    let type = try node.member("type").text()
    switch type {
    case "ByteFallback", "Fuse": return
    case "Replace":
      guard try node.member("pattern").optional("String")?.string() == "▁",
        try node.member("content").string() == " "
      else { throw Self.unsupported(node, "replaces something other than ▁ with a space") }
    case "Strip":
      guard try node.member("content").string() == " ", try node.optional("stop")?.int() ?? 0 == 0 else {
        throw Self.unsupported(node, "strips something other than spaces at the start")
      }
      strippedSpaces = try node.member("start").int(in: 0...1024)
    default:
      throw Self.unsupported(
        node, "is of type '\(type)'; known types are Replace, ByteFallback, Fuse and Strip")
    }
  }

  private static func unsupported(_ node: JSONNode, _ message: String) -> HoldfastError {
    HoldfastError(.unsupported, node.wrong(message).message)
  }
}
