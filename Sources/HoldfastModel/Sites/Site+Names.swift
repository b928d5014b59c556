import HoldfastStorage
public import HoldfastTensor

extension Site {
  /// Every site of a model, in the order of the forward pass.
  public static func all(_ c: ModelConfiguration) -> [Site] {
    let blocks = (0..<c.layers).flatMap { layer in
      Kind.allCases.filter { $0.isOfBlock && $0.exists(c) }.map { Site($0, layer: layer) }
    }
    let before: [Kind] = [.embed, .positionEmbed]
    let after: [Kind] = [.finalNormScale, .finalNormed]
    return before.filter { $0.exists(c) }.map { Site($0) } + blocks + after.map { Site($0) }
  }

  /// The sites of a model whose names match a pattern: a TransformerLens name in which `*` stands for any text and `?` for
  /// one character, or a Hugging Face module path such as `model.layers.*.mlp`.
  ///
  /// - Throws: `invalidArgument` when none does.
  public static func matching(_ pattern: String, _ c: ModelConfiguration) throws(HoldfastError) -> [Site] {
    let glob = Glob(pattern)
    let sites = all(c).filter { site in
      glob.matches(site.name) || site.modulePath(c).map { glob.matches($0) } ?? false
    }
    guard !sites.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "no site of this model is called '\(pattern)'; sites have names like 'blocks.0.hook_resid_post', "
          + "'blocks.*.attn.hook_q' or 'model.layers.0.mlp'")
    }
    return sites
  }

  /// The Hugging Face module whose output this is, if one has it.
  public func modulePath(_ c: ModelConfiguration) -> String? {
    guard let family = Architecture.named(c.architecture) else { return nil }
    func path(_ module: Module) -> String? {
      guard let name = family.modules[module]?.huggingFace else { return nil }
      return name.split(separator: ".").map { $0 == "{i}" ? "\(layer ?? 0)" : String($0) }.joined(
        separator: ".")
    }
    func parent(_ module: Module, up: Int = 1) -> String? {
      path(module).map { $0.split(separator: ".").dropLast(up).joined(separator: ".") }
    }
    switch kind {
    case .embed: return c.embeddingScale == 1 ? path(.embedding) : nil
    case .positionEmbed: return path(.positionEmbedding)
    case .query: return path(.query)
    case .key: return path(.key)
    case .value: return path(.value)
    case .attentionOut:
      return family.modules[.attentionPostNorm] == nil ? parent(.attentionOutput) : path(.attentionPostNorm)
    case .pre: return path(.gate) ?? (c.gated ? nil : path(.up))
    case .preLinear: return path(.up)
    case .feedForwardOut:
      return family.modules[.feedForwardPostNorm] == nil ? parent(.down) : path(.feedForwardPostNorm)
    case .residPost: return parent(.down, up: 2)
    default: return nil
    }
  }
}

extension Site.Kind {
  /// Whether a model of that configuration has such a site.
  func exists(_ c: ModelConfiguration) -> Bool {
    let modules = Architecture.named(c.architecture)?.modules ?? [:]
    return switch self {
    case .positionEmbed: modules[.positionEmbedding] != nil
    case .attentionNormScale, .attentionNormed: modules[.attentionNorm] != nil
    case .feedForwardNormScale, .feedForwardNormed: modules[.feedForwardNorm] != nil
    case .rotatedQuery, .rotatedKey: c.rotary != nil
    case .residMid: !c.parallelResidual
    case .preLinear: c.gated
    default: true
    }
  }

  /// The shape of one token's activation, such as [H,E]; `keys` is how many keys scores and patterns range over.
  func shape(_ c: ModelConfiguration, keys: Int) -> [Int] {
    switch self {
    case .attentionNormScale, .feedForwardNormScale, .finalNormScale: []
    case .query, .rotatedQuery, .attended: [c.heads, c.headWidth]
    case .key, .value, .rotatedKey: [c.kvHeads, c.headWidth]
    case .scores, .pattern: [c.heads, keys]
    case .result: [c.heads, c.width]
    case .pre, .preLinear, .post: [c.feedForward]
    default: [c.width]
    }
  }
}
