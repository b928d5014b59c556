/// The floating-point operations that a forward pass needs, counted from the model's sizes: two for each term of a product.
///
/// Norms, activations and softmax are left out: they are a percent of the rest in models of the usual shapes.
public struct ForwardCost: Sendable, Equatable {
  /// Tokens that pass through the blocks.
  public var tokens = 0
  /// Of the projections in the blocks.
  public var projections = 0.0
  /// Of attention: the scores of the keys that each token may see, and the sums of their values.
  public var attention = 0.0
  /// Of the logits that are wanted.
  public var output = 0.0

  /// Nothing yet.
  public init() {}

  /// All operations.
  public var total: Double { projections + attention + output }

  /// Adds the tokens of a text behind `context` others, with logits at `rows` of them.
  ///
  /// A token sees itself and what comes before it, in a windowed layer the window alone.
  public mutating func add(
    tokens count: Int, behind context: Int = 0, rows: Int, _ configuration: ModelConfiguration
  ) {
    let c = configuration
    tokens += count
    projections += 2 * Double(count) * Double(c.projectionWeights)
    for layer in 0..<c.layers {
      let window = c.window(ofLayer: layer) ?? Int.max
      var keys = 0.0
      if context + count <= window {
        keys = Double(count) * (Double(context) + Double(count + 1) / 2)
      } else {
        for position in context..<(context + count) { keys += Double(min(position + 1, window)) }
      }
      attention += 4 * keys * Double(c.queryWidth)
    }
    output += 2 * Double(rows) * Double(c.vocabularySize) * Double(c.width)
  }
}

extension ModelConfiguration {
  /// The projections of one block by their shapes, and how many there are of each: [N, K] with N outputs of K inputs.
  public var projectionShapes: [(outputs: Int, inputs: Int, count: Int)] {
    [
      (queryWidth, width, 1), (kvWidth, width, 2), (width, queryWidth, 1),
      (feedForward, width, gated ? 2 : 1), (width, feedForward, 1),
    ]
  }

  /// The weights of all projections in the blocks.
  public var projectionWeights: Int {
    layers * projectionShapes.reduce(0) { $0 + $1.outputs * $1.inputs * $1.count }
  }
}
