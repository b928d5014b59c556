import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads the `decoder` of a `tokenizer.json`.
  mutating func readDecoder(_ node: JSONNode?) throws(HoldfastError) {
    guard let node else {
      if symbols == .scalars { decoding = .sentencePiece(joinsBytes: fallsBackToBytes, strippedSpaces: 0) }
      return
    }
    var hasFused = false
    var isByteLevel = false
    try readDecoder(node, &hasFused, &isByteLevel)
    guard isByteLevel == (symbols == .bytes) else {
      throw Self.unsupported(
        node,
        isByteLevel
          ? "is ByteLevel, and the pre_tokenizer is not"
          : "is not ByteLevel, as that of a byte-level tokenizer must be")
    }
  }

  private mutating func readDecoder(
    _ node: JSONNode, _ hasFused: inout Bool, _ isByteLevel: inout Bool
  ) throws(HoldfastError) {
    let type = try node.member("type").text()
    switch type {
    case "Sequence":
      for part in try node.member("decoders").elements() { try readDecoder(part, &hasFused, &isByteLevel) }
    case "ByteLevel": isByteLevel = true
    case "ByteFallback": decoding.joinsBytes = true
    case "Fuse": hasFused = true
    case "Replace":
      guard !hasFused, let old = try node.member("pattern").optional("String")?.string() else {
        throw Self.unsupported(node, "replaces an expression, or comes behind Fuse")
      }
      decoding.replacements.append(
        DecodingRule.Replacement(old: old, new: try node.member("content").string()))
    case "Metaspace":
      guard !hasFused else { throw Self.unsupported(node, "has Metaspace behind Fuse") }
      let mark = try node.member("replacement").string()
      decoding.replacements.append(DecodingRule.Replacement(old: mark, new: " "))
      if try Self.metaspacePrepend(node) != .never { decoding.droppedFromFirst = mark }
    case "Strip":
      guard hasFused, try node.member("content").string() == " ", try node.optional("stop")?.int() ?? 0 == 0
      else {
        throw Self.unsupported(node, "strips something other than spaces at the start of the fused text")
      }
      decoding.strippedSpaces = try node.member("start").int(in: 0...1024)
    default:
      throw Self.unsupported(
        node,
        "is of type '\(type)'; known types are ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip and Sequence"
      )
    }
  }

  /// Compiles the expression that a node holds; what is not known is refused with its place in the file.
  static func expression(_ node: JSONNode) throws(HoldfastError) -> Expression {
    do throws(HoldfastError) {
      return try Expression(try node.text())
    } catch {
      throw HoldfastError(error.code, node.wrong(error.message).message)
    }
  }

  /// The `prepend_scheme` of a Metaspace, or what older files say instead.
  static func metaspacePrepend(_ node: JSONNode) throws(HoldfastError) -> PreTokenizer.Prepend {
    guard let scheme = try node.optional("prepend_scheme") else {
      return try node.optional("add_prefix_space")?.bool() ?? true ? .always : .never
    }
    guard let known = PreTokenizer.Prepend(rawValue: try scheme.text()) else {
      throw scheme.wrong("is '\(try scheme.text())'; known are always, first and never")
    }
    return known
  }
}
