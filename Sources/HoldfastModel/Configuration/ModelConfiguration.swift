public import HoldfastTensor

/// What a decoder-only transformer is made of: sizes, constants and special tokens.
///
/// Letters in the documentation: V vocabulary, D width, L layers, H heads, K kv-heads, E head width, F feed-forward width.
public struct ModelConfiguration: Sendable, Equatable {
  /// The architecture by its Hugging Face `model_type`, such as `llama`.
  public var architecture: String
  /// V, the rows of the embedding.
  public var vocabularySize: Int
  /// D, the width of the residual stream.
  public var width: Int
  /// L, the number of blocks.
  public var layers: Int
  /// H, the number of query heads.
  public var heads: Int
  /// K, the number of key/value heads; divides H.
  public var kvHeads: Int
  /// E, the width of one head; even.
  public var headWidth: Int
  /// F, the inner width of the feed-forward network.
  public var feedForward: Int
  /// The constant under the root of the RMS norms.
  public var normEpsilon: Float
  /// The base of the rotary embedding's wavelengths.
  public var ropeTheta: Double
  /// The longest sequence the model was made for, in tokens.
  public var contextLength: Int
  /// Whether the output projection is the embedding itself.
  public var tiedEmbeddings: Bool

  /// Makes a configuration; `validate()` says whether it can be used.
  public init(
    architecture: String, vocabularySize: Int, width: Int, layers: Int, heads: Int, kvHeads: Int,
    headWidth: Int, feedForward: Int, normEpsilon: Float, ropeTheta: Double, contextLength: Int,
    tiedEmbeddings: Bool
  ) {
    self.architecture = architecture
    self.vocabularySize = vocabularySize
    self.width = width
    self.layers = layers
    self.heads = heads
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.feedForward = feedForward
    self.normEpsilon = normEpsilon
    self.ropeTheta = ropeTheta
    self.contextLength = contextLength
    self.tiedEmbeddings = tiedEmbeddings
  }

  /// H·E, the width of all queries of a token.
  public var queryWidth: Int { heads * headWidth }
  /// K·E, the width of all keys (or values) of a token.
  public var kvWidth: Int { kvHeads * headWidth }

  /// Throws unless every size is positive, sane and consistent with the others.
  ///
  /// - Parameter source: the file the values came from, for the message.
  public func validate(source: String) throws(HoldfastError) {
    func fail(_ what: String) -> HoldfastError { HoldfastError(.corruptData, "\(source): \(what)") }
    guard Architecture.known.contains(where: { $0.name == architecture }) else {
      throw HoldfastError(
        .unsupported,
        "\(source): architecture '\(architecture)' is not known; this build loads \(Architecture.knownNames)")
    }
    let limit = 1 << 28
    let sizes: [(String, Int, Int)] = [
      ("vocabulary size", vocabularySize, limit), ("width", width, 1 << 20), ("layer count", layers, 4096),
      ("head count", heads, 1 << 16), ("kv-head count", kvHeads, 1 << 16),
      ("head width", headWidth, 1 << 16), ("feed-forward width", feedForward, 1 << 22),
      ("context length", contextLength, limit),
    ]
    for (name, value, most) in sizes where value < 1 || value > most {
      throw fail("the \(name) is \(value), which is outside 1…\(most)")
    }
    guard heads % kvHeads == 0 else {
      throw fail("\(heads) heads cannot share \(kvHeads) kv-heads evenly")
    }
    guard headWidth % 2 == 0 else {
      throw fail("a head width of \(headWidth) is odd; rotary pairs need an even one")
    }
    guard normEpsilon.isFinite, normEpsilon > 0 else { throw fail("the norm epsilon is \(normEpsilon)") }
    guard ropeTheta.isFinite, ropeTheta > 0 else { throw fail("the rotary base is \(ropeTheta)") }
  }
}
