public import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor

/// How well a label can be read off a model's activations, layer by layer, by a linear probe.
///
/// Ridge classification, cross-validated: every text is predicted by a probe that was fitted to the other folds.
///
/// Source: Alain and Bengio, arXiv 1610.01644.
public struct LinearProbe: Sendable {
  /// How to probe.
  public struct Options: Sendable, Equatable {
    /// What is read.
    public var kind = Site.Kind.residPost
    /// The token it is read at, from the end of the text when negative.
    public var position = -1
    /// How many folds.
    public var folds = 5
    /// The weight of the squared norm of the coefficients.
    public var penalty = 1.0
    /// Seeds the division into folds.
    public var seed: UInt64 = 0
    /// Resampling.
    public var bootstrap = Bootstrap()
    /// Makes the defaults: the residual stream at the last token, 5 folds, a penalty of 1.
    public init() {}
  }

  /// How it was probed.
  public let options: Options
  /// The share of texts predicted rightly, by layer, with a band over all layers at once.
  public let accuracy: SimultaneousBand
  /// The share of the commonest label.
  public let majority: Double
  /// How many texts and labels there are.
  public let texts: Int, labels: Int

  /// Fits probes to texts and their labels, from 0.
  ///
  /// - Throws: `invalidArgument` for fewer texts than folds, one label alone or a position some text lacks.
  public static func run(
    _ model: Model, texts: [[Int32]], labels: [Int], options: Options = Options(),
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> LinearProbe {
    let classes = (labels.max() ?? -1) + 1
    guard texts.count == labels.count, labels.allSatisfy({ $0 >= 0 }), Set(labels).count > 1 else {
      throw HoldfastError(.invalidArgument, "a probe needs a label for each text, and more than one label")
    }
    guard options.folds > 1, texts.count >= options.folds, options.penalty > 0, options.penalty.isFinite
    else {
      throw HoldfastError(
        .invalidArgument,
        "\(texts.count) texts cannot be divided into \(options.folds) folds, or the penalty \(options.penalty) is not above 0"
      )
    }
    let streams = try Self.streams(model, texts, options, progress)
    let folds = Self.folds(texts.count, options)
    let right = streams.map { stream in
      Self.correct(
        Runtime.shared.gram(stream), labels: labels, classes: classes, folds: folds, options.penalty)
    }
    let counts = (0..<classes).map { label in labels.count { $0 == label } }
    return LinearProbe(
      options: options, accuracy: options.bootstrap.band(right),
      majority: Double(counts.max() ?? 0) / Double(labels.count), texts: texts.count,
      labels: Set(labels).count)
  }

  /// For each item 1 when a probe fitted to the other folds predicts its label, else 0.
  static func correct(
    _ gram: [Double], labels: [Int], classes: Int, folds: [Int], _ penalty: Double
  ) -> [Double] {
    var right = [Double](repeating: 0, count: labels.count)
    for fold in Set(folds).sorted() {
      let test = labels.indices.filter { folds[$0] == fold }
      let scores = Statistics.ridgeScores(
        gram, labels: labels, classes: classes, train: labels.indices.filter { folds[$0] != fold },
        test: test,
        penalty: penalty)
      for (item, scores) in zip(test, scores) {
        let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
        right[item] = best == labels[item] ? 1 : 0
      }
    }
    return right
  }

  /// The fold of each text.
  private static func folds(_ count: Int, _ options: Options) -> [Int] {
    var order = Array(0..<count)
    var random = RandomSource(seed: options.seed)
    random.shuffle(&order)
    var folds = [Int](repeating: 0, count: count)
    for (place, text) in order.enumerated() { folds[text] = place % options.folds }
    return folds
  }

  /// The activations [N,D] of all texts, by layer.
  private static func streams(
    _ model: Model, _ texts: [[Int32]], _ options: Options, _ progress: ProgressHandler?
  ) throws(HoldfastError) -> [Tensor] {
    let c = model.configuration
    let sites = try (0..<c.layers).map { layer throws(HoldfastError) in
      guard let site = try Site.matching("blocks.\(layer).\(options.kind.rawValue)", c).first else {
        throw HoldfastError(.invalidArgument, "there is no \(options.kind.rawValue) in layer \(layer)")
      }
      return site
    }
    guard options.kind != .scores, options.kind != .pattern else {
      throw HoldfastError(
        .invalidArgument, "rows of \(options.kind.rawValue) differ in width from text to text")
    }
    let session = try model.makeSession()
    var streams: [Tensor] = []
    for start in stride(from: 0, to: texts.count, by: 32) {
      try Progress(stage: "linear probe", done: start, total: texts.count, unit: "texts").report(to: progress)
      let range = start..<min(start + 32, texts.count)
      let seen = try session.logitsAndActivations(
        texts[range].map { Segment($0, outputs: .none) }, sites: sites
      ).activations
      for (layer, site) in sites.enumerated() {
        for (i, text) in range.enumerated() {
          let place = options.position < 0 ? texts[text].count + options.position : options.position
          guard let found = seen[site, segment: i], texts[text].indices.contains(place) else {
            throw HoldfastError(
              .invalidArgument,
              "text \(text) of \(texts[text].count) tokens has no position \(options.position)")
          }
          let row = found.row(place)
          if streams.count == layer { streams.append(try Tensor(uninitialized: [texts.count, row.count])) }
          streams[layer].row(text).copy(from: row)
        }
      }
    }
    try Progress(stage: "linear probe", done: texts.count, total: texts.count, unit: "texts").report(
      to: progress)
    return streams
  }

  /// The curve and how it came about.
  public var json: JSON {
    [
      "site": .text(options.kind.rawValue), "position": .int(options.position), "folds": .int(options.folds),
      "penalty": .number(options.penalty), "seed": .text(String(options.seed)), "texts": .int(texts),
      "labels": .int(labels), "majority": .number(majority), "accuracy": accuracy.json,
    ]
  }
}
