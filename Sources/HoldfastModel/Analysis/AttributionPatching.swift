public import HoldfastTensor

/// A number read off a model's answer to a text, and its gradients with respect to activations on the way.
public struct ActivationGradients: Sendable {
  /// The number.
  public let value: Double
  /// Its gradients, in the shapes of the activations.
  public let gradients: Activations
}

extension Model {
  /// The gradients of a metric of the logits behind a text's last token with respect to activations.
  ///
  /// Sites have gradients where `Site.Kind.hasGradient` says so. The bits do not depend on the number of threads.
  /// - Throws: `invalidArgument` for a site without gradient or outside the model, an unknown token or an empty text;
  ///   `contextLength`; `unsupported` under interventions.
  public func activationGradients(
    _ tokens: [Int32], metric: AnswerMetric, sites: [Site], runtime: Runtime = .shared
  ) throws(HoldfastError) -> ActivationGradients {
    try gradients(tokens, metric: metric, sites: sites, path: [nil], runtime: runtime)
  }

  /// The mean of the gradients at texts whose embeddings lie between those of two texts; the value is that of the last.
  ///
  /// - Parameter path: other texts with the share of the way to them; `nil` is the text itself.
  func gradients(
    _ tokens: [Int32], metric: AnswerMetric, sites: [Site], path: [(tokens: [Int32], share: Float)?],
    runtime: Runtime
  ) throws(HoldfastError) -> ActivationGradients {
    try check(tokens, metric, sites)
    let pass = try GradientPass(activationsOf: self, runtime: runtime)
    var sums: [Site: Tensor] = [:]
    var value = 0.0
    for point in path {
      let view = GradientView(sites, configuration)
      value = try pass.differentiate(metric, tokens, toward: point, view)
      for (site, gradient) in view.tensors {
        if let sum = sums[site] { runtime.add(gradient, into: sum) } else { sums[site] = gradient }
      }
    }
    for sum in sums.values { runtime.scale(sum, by: 1 / Float(path.count)) }
    return ActivationGradients(value: value, gradients: Activations(sites, sums.mapValues { [$0] }))
  }

  private func check(_ tokens: [Int32], _ metric: AnswerMetric, _ sites: [Site]) throws(HoldfastError) {
    let c = configuration
    try metric.validate(c)
    for site in sites {
      let isInside = site.layer.map { (0..<c.layers).contains($0) } ?? true
      guard site.kind.hasGradient, site.kind.exists(c), isInside else {
        let known = Site.Kind.allCases.filter { $0.hasGradient && $0.exists(c) }.map(\.rawValue)
        throw HoldfastError(
          .invalidArgument,
          "\(site.name) has no gradient in this model; there are those of \(known.joined(separator: ", "))")
      }
    }
    guard !tokens.isEmpty else { throw HoldfastError(.invalidArgument, "the text has no tokens") }
    guard tokens.count <= c.contextLength else {
      throw HoldfastError(
        .contextLength, "\(tokens.count) tokens do not fit the model's context of \(c.contextLength)")
    }
    for (i, token) in tokens.enumerated() where token < 0 || Int(token) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "token \(token) at index \(i) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
  }
}

extension Session {
  /// Foretells a patching sweep by gradients: one way back for all layers and positions instead of a pass for each.
  ///
  /// A patch of an activation is taken to change the metric by (clean - corrupted) · gradient: exact where the metric is
  /// linear in it. Gradients are those of the corrupted run or, with steps, the mean over runs whose embeddings go in so many
  /// steps from the corrupted text's to the clean one's.
  ///
  /// Source: Nanda, "Attribution patching" (2023); Syed et al., arXiv 2310.10348; with steps Hanna et al., arXiv 2403.17806
  /// (EAP-IG).
  /// - Parameters: as of `patchingSweep`; `steps` 0 takes the corrupted run's gradients.
  /// - Throws: what `patchingSweep` and `activationGradients` throw.
  public func attributionPatching(
    clean: [Int32], corrupted: [Int32], kind: Site.Kind = .residPre, byHead: Bool = false,
    metric: AnswerMetric, steps: Int = 0
  ) throws(HoldfastError) -> PatchingSweep {
    let c = model.configuration
    try metric.validate(c)
    let layers = Array(0..<c.layers)
    let sites = try Self.sites(kind, layers, c, byHead: byHead)
    try Self.requireSameLength(clean, corrupted)
    guard steps >= 0, steps <= 10_000 else {
      throw HoldfastError(.invalidArgument, "\(steps) steps are asked for; it must be 0 to 10000")
    }
    let path: [(tokens: [Int32], share: Float)?] =
      steps == 0 ? [nil] : (1...steps).map { (clean, Float($0) / Float(steps)) }
    let found = try model.gradients(corrupted, metric: metric, sites: sites, path: path, runtime: runtime)
    let (cleanLogits, cleanSeen) = try logitsAndActivations([Segment(clean)], sites: sites)
    let (logits, seen) = try logitsAndActivations([Segment(corrupted)], sites: sites)
    let value = metric.values(logits, runtime)[0]
    let values = try sites.map { site throws(HoldfastError) in
      guard let gradient = found.gradients[site], let to = cleanSeen[site], let from = seen[site] else {
        throw HoldfastError(.internal, "\(site.name) was not seen")
      }
      return Self.products(to, from, gradient, byHead: byHead).map { value + $0 }
    }
    return PatchingSweep(
      kind: kind, clean: metric.values(cleanLogits, runtime)[0], corrupted: value, layers: layers,
      values: values,
      isEstimate: true)
  }

  /// Sums of (to - from) · gradient of each position, or head over all positions.
  private static func products(_ to: Tensor, _ from: Tensor, _ gradient: Tensor, byHead: Bool) -> [Double] {
    let tokens = to.shape[0]
    let width = to.count / tokens
    let heads = byHead ? to.shape[1] : 1
    var sums = [Double](repeating: 0, count: byHead ? heads : tokens)
    for t in 0..<tokens {
      let (a, b, g) = (to.row(t).pointer, from.row(t).pointer, gradient.row(t).pointer)
      for i in 0..<width {
        sums[byHead ? i / (width / heads) : t] += (Double(a[i]) - Double(b[i])) * Double(g[i])
      }
    }
    return sums
  }
}
