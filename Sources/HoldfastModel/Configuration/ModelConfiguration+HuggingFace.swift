public import HoldfastStorage
public import HoldfastTensor

extension ModelConfiguration {
  /// Reads a Hugging Face `config.json`, checked; of a model with several parts, its text part.
  ///
  /// - Throws: `unsupported`, naming the setting, for what this build does not have.
  public init(huggingFace document: JSONNode) throws(HoldfastError) {
    var root = document
    if let text = try document.optional("text_config") { root = text }
    let type = try root.member("model_type").text()
    guard let family = Architecture.named(type) else {
      throw Architecture.unknown(type, source: root.document)
    }
    for (key, value) in family.defaults where root.json[key] == nil {
      var json = root.json
      json.set(key, value)
      root = JSONNode(json, document: root.document)
    }
    let reader = ConfigurationReader(root, keys: family.keys)
    let width = try reader.int("hidden_size")
    let heads = try reader.int("num_attention_heads")
    guard heads > 0, width > 0 else {
      throw HoldfastError(
        .corruptData, "\(root.document): \(heads) heads and a width of \(width) make no model")
    }
    architecture = type
    huggingFace = root.json
    vocabularySize = try reader.int("vocab_size")
    self.width = width
    layers = try reader.int("num_hidden_layers")
    self.heads = heads
    kvHeads = try reader.int("num_key_value_heads", default: heads)
    headWidth = try reader.int("head_dim", default: width / heads)
    feedForward = try reader.optionalInt("intermediate_size") ?? 0
    contextLength = try reader.int("max_position_embeddings", default: 2048)
    tiedEmbeddings = try reader.flag("tie_word_embeddings")
    norm = .rms(offset: 0)
    normEpsilon = Float(try reader.double("rms_norm_eps", default: 1e-6))
    activation = try reader.activation(default: .silu)
    attentionScale = 0
    paddingToken = try reader.optionalInt("pad_token_id").flatMap { Int32(exactly: $0) }
    try Self.checkSizes(self, root.document)
    try family.configure(reader, &self)
    if attentionScale == 0 { attentionScale = 1 / Float(headWidth).squareRoot() }
    if rotary == nil, family.modules[.positionEmbedding] == nil { rotary = try reader.rotary(self) }
    if feedForward == 0 { _ = try reader.int("intermediate_size") }
    try validate(source: root.document)
    if let factor = rotary?.stretch { contextLength = max(1, Int(Double(contextLength) * factor)) }
  }

  /// Throws for sizes that no arithmetic should be tried on.
  private static func checkSizes(_ c: ModelConfiguration, _ source: String) throws(HoldfastError) {
    for size in [c.vocabularySize, c.width, c.layers, c.heads, c.kvHeads, c.headWidth, c.contextLength]
    where size < 1 || size > 1 << 28 {
      throw HoldfastError(.corruptData, "\(source): a size of \(size) is outside 1…\(1 << 28)")
    }
  }
}
