import Glibc
public import HoldfastTensor

/// Where a model recalls an answer: what brings it back after the tokens it hangs on were corrupted.
///
/// With P(o) the probability of the answer, P*(o) that with noise on the embeddings of the named tokens and P*,patched(o)
/// that with one clean activation put back: the total effect is TE = P(o) − P*(o), the indirect effect of an activation
/// IE = P*,patched(o) − P*(o), both averaged over draws of the noise.
///
/// Source: Meng et al., arXiv 2202.05262.
public struct CausalTrace: Sendable {
  /// How to trace.
  public struct Options: Sendable, Equatable {
    /// What is put back.
    public var kind = Site.Kind.residPost
    /// How many neighbouring layers are put back together, centred on each; 10 in the paper for the halves of a block.
    public var window = 1
    /// The standard deviation of the noise, in standard deviations of the corrupted tokens' embeddings.
    public var noise = 3.0
    /// How many draws of the noise.
    public var draws = 10
    /// Seeds the draws.
    public var seed: UInt64 = 0
    /// Makes the defaults: the residual stream, 3 σ, 10 draws.
    public init() {}
  }

  /// How it was traced.
  public let options: Options
  /// The text, and which of its tokens were corrupted.
  public let tokens: [Int32], corrupted: [Int]
  /// The answer.
  public let answer: Int32
  /// σ of the corrupted tokens' embeddings.
  public let sigma: Double
  /// P(o), and P*(o) of each draw.
  public let clean: Double, draws: [Double]
  /// P*,patched(o) of each draw, by draw, layer and position.
  public let patched: [[[Double]]]

  /// TE.
  public var totalEffect: Double { clean - draws.reduce(0, +) / Double(draws.count) }
  /// IE by layer and position.
  public var indirectEffects: [[Double]] {
    guard let first = patched.first else { return [] }
    return first.indices.map { layer in
      first[layer].indices.map { place in
        zip(patched, draws).reduce(0) { $0 + $1.0[layer][place] - $1.1 } / Double(draws.count)
      }
    }
  }
}

extension Session {
  /// Traces an answer.
  ///
  /// - Parameters:
  ///   - corrupted: the tokens whose embeddings get noise, from the end when negative.
  ///   - answer: the token that is recalled; `nil` for the one the model itself finds likeliest.
  /// - Throws: `invalidArgument` for tokens that do not exist or options that make no sense.
  public func causalTrace(
    _ tokens: [Int32], corrupted: [Int], answer: Int32? = nil,
    options: CausalTrace.Options = CausalTrace.Options(), progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> CausalTrace {
    let c = model.configuration
    let places = Array(Set(try Self.places(corrupted, in: tokens.count))).sorted()
    guard !places.isEmpty, options.draws > 0, options.window > 0, options.noise.isFinite, options.noise > 0
    else {
      throw HoldfastError(
        .invalidArgument,
        "a trace needs tokens to corrupt, at least one draw, a window of 1 or more and noise above 0")
    }
    let sites = try Self.sites(options.kind, Array(0..<c.layers), c, byHead: false)
    let (logits, seen) = try logitsAndActivations([Segment(tokens)], sites: sites + [Site(.embed)])
    let answer = answer ?? runtime.argmax(logits)[0]
    let metric = AnswerMetric(answer: answer)
    try metric.validate(c)
    guard let embeddings = seen[Site(.embed)] else { throw HoldfastError(.internal, "no embedding was seen") }
    let sigma = Self.deviation(places.flatMap { embeddings.row($0).array })
    var draws: [Double] = []
    var patched: [[[Double]]] = []
    for draw in 0..<options.draws {
      let corruption = try hooks(
        Interventions([
          Intervention(
            .noise, at: Site(.embed).name, positions: .at(places), strength: options.noise * sigma,
            seed: options.seed &+ UInt64(draw))
        ]))
      draws.append(metric.values(try self.logits([Segment(tokens)], hooks: corruption), runtime)[0])
      var layers: [[Double]] = []
      for layer in 0..<c.layers {
        try Progress(
          stage: "trace", done: draw * c.layers + layer, total: options.draws * c.layers, unit: "layers"
        ).report(to: progress)
        let first = max(0, layer - options.window / 2)
        let put = sites[first..<min(c.layers, first + options.window)]
        let restore = Hook(put) { site, x, rows throws(HoldfastError) in
          guard let source = seen[site] else { return }
          // Run i puts back what token i has.
          for segment in rows.segments {
            x.row(segment.rows.lowerBound + segment.index).copy(from: source.row(segment.index))
          }
        }
        let runs = [Segment](repeating: Segment(tokens), count: tokens.count)
        layers.append(metric.values(try self.logits(runs, hooks: corruption + [restore]), runtime))
      }
      patched.append(layers)
    }
    let total = options.draws * c.layers
    try Progress(stage: "trace", done: total, total: total, unit: "layers").report(to: progress)
    return CausalTrace(
      options: options, tokens: tokens, corrupted: places, answer: answer, sigma: sigma,
      clean: metric.values(logits, runtime)[0], draws: draws, patched: patched)
  }

  /// The standard deviation of numbers about their mean.
  private static func deviation(_ values: [Float]) -> Double {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (squares / Double(values.count)).squareRoot()
  }
}
