import HoldfastStorage
import HoldfastTensor

extension TokenizerDefinition {
  /// The content of a `tokenizer.json` that says the same.
  func huggingFace() throws(HoldfastError) -> JSON {
    [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": .array(writtenAddedTokens()), "normalizer": try writtenNormalizer(),
      "pre_tokenizer": try writtenPreTokenizer(), "post_processor": writtenTemplate(),
      "decoder": writtenDecoder(), "model": writtenModel(),
    ]
  }

  /// A token as `tokenizer.json` writes it: byte-level ones in GPT-2's alphabet, added ones as they are.
  func written(_ id: Int32) -> ByteString {
    let token = tokens[Int(id)]
    return symbols == .bytes && !unmergeable.contains(id) ? ByteAlphabet.encode(token) : token
  }

  private func writtenAddedTokens() -> [JSON] {
    let symbols = frozen.sorted().map {
      AddedToken(id: $0, content: tokens[Int($0)], isSpecial: false, isNormalized: true)
    }
    let known = Set(addedTokens.map(\.id))
    let all = addedTokens + symbols.filter { !known.contains($0.id) }
    return all.sorted { $0.id < $1.id }.map { token in
      [
        "id": .integer(Int64(token.id)), "content": .string(token.content),
        "single_word": .bool(token.isSingleWord), "lstrip": .bool(token.stripsLeft),
        "rstrip": .bool(token.stripsRight), "normalized": .bool(token.isNormalized),
        "special": .bool(token.isSpecial),
      ]
    }
  }

  /// `TemplateProcessing` with the tokens put around a text, or `null` when there are none.
  private func writtenTemplate() -> JSON {
    guard !prefix.isEmpty || !suffix.isEmpty else { return nil }
    func pieces(_ ids: [Int32], _ type: Int) -> [JSON] {
      ids.map { ["SpecialToken": ["id": .string(written($0)), "type_id": .int(type)]] }
    }
    func sequence(_ name: JSON, _ type: Int) -> [JSON] {
      pieces(prefix, type) + [["Sequence": ["id": name, "type_id": .int(type)]]] + pieces(suffix, type)
    }
    let tokens = Set(prefix + suffix).sorted().map { id -> (key: ByteString, value: JSON) in
      let content = JSON.string(written(id))
      return (written(id), ["id": content, "ids": [.integer(Int64(id))], "tokens": [content]])
    }
    return [
      "type": "TemplateProcessing", "single": .array(sequence("A", 0)),
      "pair": .array(sequence("A", 0) + sequence("B", 1)), "special_tokens": .object(tokens),
    ]
  }

  private func writtenDecoder() -> JSON {
    guard symbols == .scalars else {
      return ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true]
    }
    var parts = decoding.replacements.map { replacement -> JSON in
      if replacement.old == decoding.droppedFromFirst {
        return [
          "type": "Metaspace", "replacement": .string(replacement.old), "prepend_scheme": "always",
          "split": true,
        ]
      }
      return [
        "type": "Replace", "pattern": ["String": .string(replacement.old)],
        "content": .string(replacement.new),
      ]
    }
    if decoding.joinsBytes { parts.append(["type": "ByteFallback"]) }
    parts.append(["type": "Fuse"])
    if decoding.strippedSpaces > 0 {
      parts.append(["type": "Strip", "content": " ", "start": .int(decoding.strippedSpaces), "stop": 0])
    }
    return ["type": "Sequence", "decoders": .array(parts)]
  }
}
