import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// Reads what stands beside `tokenizer.json`: which tokens begin and end a sequence, whether they are added, and the
  /// chat template. An explicit `add_bos_token` or `add_eos_token` overrules the post-processor, as in transformers.
  mutating func readConfiguration(_ directory: String) throws(HoldfastError) {
    let configuration = try Self.document(directory, "tokenizer_config.json")
    let map = try Self.document(directory, "special_tokens_map.json")
    try readTokens(configuration, map)
    chatTemplate = try Self.chatTemplate(directory, configuration)
  }

  /// Reads which tokens begin and end a sequence, and whether they are added.
  mutating func readTokens(_ configuration: JSONNode?, _ map: JSONNode?) throws(HoldfastError) {
    bosToken = try sequenceToken("bos_token", [configuration, map]) ?? bosToken
    eosToken = try sequenceToken("eos_token", [configuration, map]) ?? eosToken
    let addsBOS = try configuration?.optional("add_bos_token")?.bool()
    let addsEOS = try configuration?.optional("add_eos_token")?.bool()
    if addsBOS != nil || addsEOS != nil {
      prefix = addsBOS == true ? bosToken.map { [$0] } ?? [] : []
      suffix = addsEOS == true ? eosToken.map { [$0] } ?? [] : []
    }
  }

  private static func document(_ directory: String, _ name: String) throws(HoldfastError) -> JSONNode? {
    let path = "\(directory)/\(name)"
    guard FileSystem.exists(path) else { return nil }
    return JSONNode(try JSON.read(path), document: path)
  }

  private func sequenceToken(_ key: ByteString, _ documents: [JSONNode?]) throws(HoldfastError) -> Int32? {
    for document in documents {
      guard let node = try document?.optional(key) else { continue }
      let content = node.json.stringValue == nil ? try node.member("content").string() : try node.string()
      if let added = addedTokens.first(where: { $0.content == content }) { return added.id }
      let written = symbols == .bytes ? ByteAlphabet.decode(content) : content
      guard let id = tokens.firstIndex(of: written) else {
        throw node.wrong("is '\(content)', which is no token of tokenizer.json")
      }
      return Int32(exactly: id)
    }
    return nil
  }

  private static func chatTemplate(
    _ directory: String, _ configuration: JSONNode?
  ) throws(HoldfastError) -> String? {
    let path = directory + "/chat_template.jinja"
    if FileSystem.exists(path) {
      let file = try MappedFile(path: path)
      return file.withBytes { String(decoding: $0, as: UTF8.self) }
    }
    for document in [configuration, try document(directory, "chat_template.json")] {
      if let template = try document.flatMap(ChatTemplate.template) { return template }
    }
    return nil
  }
}
