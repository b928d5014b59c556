public import HoldfastTensor

/// An activation patching sweep: one text's activations put into another's run, layer by layer and position by position.
///
/// Source: Meng et al., arXiv 2202.05262; TransformerLens `get_act_patch_*`.
public struct PatchingSweep: Sendable {
  /// What was patched.
  public let kind: Site.Kind
  /// The metric of the clean text, and of the corrupted one.
  public let clean, corrupted: Double
  /// The layers.
  public let layers: [Int]
  /// The metric with a patch at a layer and a position (or a head), by layer; as gradients foretell it, where it is an
  /// estimate.
  public let values: [[Double]]
  /// Whether the values were foretold by gradients instead of computed patch by patch.
  public var isEstimate = false

  /// How much of the way from corrupted to clean each patch goes; NaN where there is none.
  public var restored: [[Double]] {
    values.map { $0.map { ($0 - corrupted) / (clean - corrupted) } }
  }
}

extension Session {
  /// Patches activations of a clean text into a corrupted one of as many tokens.
  ///
  /// - Parameters:
  ///   - kind: a site every block has: the residual stream, what attention or the feed-forward network adds, ….
  ///   - byHead: patches single heads at all positions, instead of single positions.
  /// - Throws: `invalidArgument` for texts of different lengths or a site that does not fit.
  public func patchingSweep(
    clean: [Int32], corrupted: [Int32], kind: Site.Kind = .residPre, byHead: Bool = false,
    metric: AnswerMetric,
    progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> PatchingSweep {
    let c = model.configuration
    try metric.validate(c)
    let layers = Array(0..<c.layers)
    let sites = try Self.sites(kind, layers, c, byHead: byHead)
    try Self.requireSameLength(clean, corrupted)
    let (first, seen) = try logitsAndActivations([Segment(clean)], sites: sites)
    let cleanValue = metric.values(first, runtime)[0]
    let corruptedValue = metric.values(try logits([Segment(corrupted)]), runtime)[0]
    let heads = byHead ? kind.shape(c, keys: 0)[0] : 0
    let columns = byHead ? heads : clean.count
    var values: [[Double]] = []
    for (layer, site) in zip(layers, sites) {
      try Progress(stage: "patching sweep", done: layer, total: c.layers, unit: "layers").report(to: progress)
      guard let source = seen[site] else { throw HoldfastError(.internal, "\(site.name) was not seen") }
      let hook = Hook([site]) { _, x, rows throws(HoldfastError) in
        for segment in rows.segments {
          for row in segment.rows {
            let place = row - segment.rows.lowerBound
            if byHead {
              x.row(row).row(segment.index).copy(from: source.row(place).row(segment.index))
            } else if place == segment.index {
              x.row(row).copy(from: source.row(place))
            }
          }
        }
      }
      let runs = [Segment](repeating: Segment(corrupted), count: columns)
      values.append(metric.values(try logits(runs, hooks: [hook]), runtime))
    }
    try Progress(stage: "patching sweep", done: c.layers, total: c.layers, unit: "layers").report(
      to: progress)
    return PatchingSweep(
      kind: kind, clean: cleanValue, corrupted: corruptedValue, layers: layers, values: values)
  }

  /// Throws unless two texts can be patched into each other token by token.
  static func requireSameLength(_ clean: [Int32], _ corrupted: [Int32]) throws(HoldfastError) {
    guard clean.count == corrupted.count else {
      throw HoldfastError(
        .invalidArgument,
        "the clean text has \(clean.count) tokens and the corrupted one \(corrupted.count); they must have as many"
      )
    }
  }

  /// The sites of one kind in some layers, which must have whole rows, or heads.
  static func sites(_ kind: Site.Kind, _ layers: [Int], _ c: ModelConfiguration, byHead: Bool)
    throws(HoldfastError) -> [Site]
  {
    guard kind.isOfBlock, kind.exists(c), kind != .scores, kind != .pattern else {
      throw HoldfastError(
        .invalidArgument,
        "\(kind.rawValue) cannot be patched layer by layer; take hook_resid_pre, for example")
    }
    guard !byHead || kind.shape(c, keys: 0).count == 2 else {
      throw HoldfastError(.invalidArgument, "\(kind.rawValue) has no heads; take attn.hook_z, for example")
    }
    return layers.map { Site(kind, layer: $0) }
  }
}
