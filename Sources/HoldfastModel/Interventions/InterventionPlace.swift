import HoldfastTensor

/// A site an intervention works at, with the heads and the width of its rows there.
struct InterventionPlace {
  let site: Site
  /// Into how many heads a row is divided; 1 where there are none.
  let headCount: Int
  /// The width of a row, or of one head's part of it; 0 where it is as many keys as a text has.
  let width: Int
  /// The heads that are changed.
  let heads: [Int]

  /// Whether rows range over keys.
  var isOfKeys: Bool { site.kind == .scores || site.kind == .pattern }

  /// The sites of an intervention in a model.
  ///
  /// - Throws: `invalidArgument` when there are none, or for heads and dimensions a site lacks.
  static func all(_ intervention: Intervention, _ c: ModelConfiguration) throws(HoldfastError)
    -> [InterventionPlace]
  {
    try intervention.validate()
    var sites = try Site.matching(intervention.site, c)
    if let layers = intervention.layers {
      for layer in layers where layer >= c.layers || layer < -c.layers {
        throw HoldfastError(
          .invalidArgument, "there is no layer \(layer); the model has the layers 0 to \(c.layers - 1)")
      }
      let wanted = Set(layers.map { $0 < 0 ? $0 + c.layers : $0 })
      sites = sites.filter { $0.layer.map(wanted.contains) ?? false }
      guard !sites.isEmpty else {
        throw HoldfastError(
          .invalidArgument, "no site called '\(intervention.site)' is in the layers \(layers)")
      }
    }
    return try sites.map { site throws(HoldfastError) in
      let shape = site.kind.shape(c, keys: 0)
      let place = InterventionPlace(
        site: site, headCount: shape.count == 2 ? shape[0] : 1, width: shape.last ?? 1,
        heads: intervention.heads ?? Array(0..<(shape.count == 2 ? shape[0] : 1)))
      try place.check(intervention, hasHeads: shape.count == 2)
      return place
    }
  }

  private func check(_ intervention: Intervention, hasHeads: Bool) throws(HoldfastError) {
    func check(_ good: Bool, _ message: String) throws(HoldfastError) {
      guard good else { throw HoldfastError(.invalidArgument, "\(site.name): \(message)") }
    }
    let operation = intervention.operation
    if let heads = intervention.heads {
      try check(hasHeads, "there are no heads here; leave 'heads' out")
      try check(
        heads.allSatisfy { $0 < headCount }, "there is no head \(heads.max() ?? 0) among \(headCount)")
    }
    if let dimensions = intervention.dimensions {
      try check(!isOfKeys, "rows are as wide as the text is long; leave 'dimensions' out")
      try check(
        dimensions.allSatisfy { $0 < width }, "there is no dimension \(dimensions.max() ?? 0) among \(width)")
    }
    switch site.kind {
    case .scores:
      try check(
        operation == .patch || (operation == .scale && Float(intervention.strength) > 0),
        "scores can be patched, or scaled by more than 0; '\(operation.rawValue)' would show hidden keys")
    case .pattern:
      try check(
        operation == .patch || (operation == .scale && intervention.strength >= 0) || operation == .zero,
        "a pattern can be patched, scaled or set to zero; '\(operation.rawValue)' would show hidden keys")
    case .attentionNormScale, .feedForwardNormScale, .finalNormScale:
      try check(operation != .zero, "rows are divided by this, so it cannot be 0")
    default: break
    }
    if isOfKeys, operation == .patch {
      try check(intervention.strength == 1, "scores and patterns are patched with a strength of 1 only")
      if case .texts(let texts) = intervention.source {
        try check(texts.alignment == .start, "scores and patterns are aligned at the start only")
      }
    }
  }

  /// Throws unless directions of that width can be used here.
  func check(width given: Int, _ operation: Intervention.Operation) throws(HoldfastError) {
    guard given == width || (operation == .add && given == headCount * width) else {
      throw HoldfastError(
        .invalidArgument,
        "\(site.name): a vector of \(given) numbers does not fit; rows have \(width)"
          + (headCount > 1 ? " for each of \(headCount) heads" : ""))
    }
  }
}
