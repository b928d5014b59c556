public import HoldfastStorage
public import HoldfastTensor

/// What a decoder-only transformer is made of: sizes, constants, and which kinds of parts.
///
/// Letters in the documentation: V vocabulary, D width, L layers, H heads, K kv-heads, E head width, F feed-forward width.
public struct ModelConfiguration: Sendable, Equatable {
  /// The architecture by its Hugging Face `model_type`, such as `llama`.
  public let architecture: String
  /// The Hugging Face `config.json` this was read from, or that says what the file said.
  public let huggingFace: JSON
  /// V, the rows of the embedding.
  public internal(set) var vocabularySize: Int
  /// D, the width of the residual stream.
  public internal(set) var width: Int
  /// L, the number of blocks.
  public internal(set) var layers: Int
  /// H, the number of query heads.
  public internal(set) var heads: Int
  /// K, the number of key/value heads; divides H.
  public internal(set) var kvHeads: Int
  /// E, the width of one head.
  public internal(set) var headWidth: Int
  /// F, the inner width of the feed-forward network.
  public internal(set) var feedForward: Int
  /// The longest text the model can take, in tokens.
  public internal(set) var contextLength: Int
  /// Whether the output projection is the embedding itself.
  public internal(set) var tiedEmbeddings: Bool

  /// The kind of norm.
  public internal(set) var norm: NormKind
  /// The constant under the root of the norms.
  public internal(set) var normEpsilon: Float
  /// Which norm queries and keys pass before they are rotated.
  public internal(set) var queryKeyNorm: QueryKeyNorm = .none
  /// What is applied inside the feed-forward network.
  public internal(set) var activation: Activation
  /// Whether the feed-forward network multiplies `activation(gate)` with a second projection.
  public internal(set) var gated: Bool = true
  /// Whether both halves of a block read the same residual stream and are added together.
  public internal(set) var parallelResidual: Bool = false
  /// Which projections and norms have biases.
  public internal(set) var biases: Biases = []
  /// The token whose embedding no look-up trains: `padding_idx` of PyTorch's embedding.
  public internal(set) var paddingToken: Int32?
  /// What embeddings are multiplied with.
  public internal(set) var embeddingScale: Float = 1

  /// What attention scores are multiplied with; 1/√E as a rule.
  public internal(set) var attentionScale: Float
  /// The cap on attention scores, cap · tanh(score / cap).
  public internal(set) var attentionSoftcap: Float?
  /// The cap on logits.
  public internal(set) var logitSoftcap: Float?
  /// How many tokens, itself included, a row of a windowed layer sees.
  public internal(set) var window: Int?
  /// Which layers have the window; none when empty.
  public internal(set) var windowedLayers: [Bool] = []
  /// The rotary embedding, or `nil` when positions are learned.
  public internal(set) var rotary: RotaryConfiguration?
  /// The rotary embedding of the windowed layers, where it is another one.
  public internal(set) var localRotary: RotaryConfiguration?

  /// The kind of norm.
  public enum NormKind: Sendable, Equatable {
    /// x / rms(x) · (weight + offset).
    case rms(offset: Float)
    /// (x − mean) / deviation · weight + bias.
    case layer
  }

  /// Which norm queries and keys pass.
  public enum QueryKeyNorm: Sendable, Equatable {
    /// None.
    case none
    /// Each head by itself, [E].
    case perHead
    /// All heads of a token together, [H·E] and [K·E].
    case acrossHeads
  }

  /// Which parts have biases.
  public struct Biases: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Makes a set from bits.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// All norms.
    public static let norms = Biases(rawValue: 1)
    /// The projections to queries, keys and values.
    public static let queryKeyValue = Biases(rawValue: 2)
    /// The projection out of attention.
    public static let attentionOutput = Biases(rawValue: 4)
    /// All projections of the feed-forward network.
    public static let feedForward = Biases(rawValue: 8)
  }

  /// H·E, the width of all queries of a token.
  public var queryWidth: Int { heads * headWidth }
  /// K·E, the width of all keys (or values) of a token.
  public var kvWidth: Int { kvHeads * headWidth }

  /// The window of a layer, if it has one.
  public func window(ofLayer layer: Int) -> Int? {
    windowedLayers.indices.contains(layer) && windowedLayers[layer] ? window : nil
  }

  /// The rotary embedding of a layer, if it has one.
  public func rotary(ofLayer layer: Int) -> RotaryConfiguration? {
    guard let localRotary, windowedLayers.indices.contains(layer), windowedLayers[layer] else {
      return rotary
    }
    return localRotary
  }

  /// Throws unless every size is positive, sane and consistent with the others.
  func validate(source: String) throws(HoldfastError) {
    func fail(_ what: String) -> HoldfastError { HoldfastError(.corruptData, "\(source): \(what)") }
    let limit = 1 << 28
    let sizes: [(String, Int, Int)] = [
      ("vocabulary size", vocabularySize, limit), ("width", width, 1 << 20), ("layer count", layers, 4096),
      ("head count", heads, 1 << 16), ("kv-head count", kvHeads, 1 << 16),
      ("head width", headWidth, 1 << 16), ("feed-forward width", feedForward, 1 << 22),
      ("context length", contextLength, limit), ("window", window ?? 1, limit),
    ]
    for (name, value, most) in sizes where value < 1 || value > most {
      throw fail("the \(name) is \(value), which is outside 1…\(most)")
    }
    guard heads % kvHeads == 0 else {
      throw fail("\(heads) heads cannot share \(kvHeads) kv-heads evenly")
    }
    guard normEpsilon.isFinite, normEpsilon > 0 else { throw fail("the norm epsilon is \(normEpsilon)") }
    guard attentionScale.isFinite else { throw fail("the attention scale is \(attentionScale)") }
    try rotary?.validate(headWidth: headWidth, source: source)
    try localRotary?.validate(headWidth: headWidth, source: source)
  }
}
