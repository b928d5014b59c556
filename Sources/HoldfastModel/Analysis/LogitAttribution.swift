public import HoldfastTensor

/// What each part of a model adds to a logit: direct logit attribution.
///
/// The residual stream is a sum, and behind the final norm's division, which is taken as it was, so is every logit: the
/// parts add up to it. Where logits are capped, they add up to the logit before the cap.
///
/// Source: Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021).
public struct LogitAttribution: Sendable {
  /// A part of the model.
  public struct Part: Sendable, Equatable {
    /// Its name: a site, a site with a head such as `blocks.3.attn.hook_result[2]`, or `ln_final.bias`.
    public var name: String
    /// What it adds to the logit of each token.
    public var values: [Double]
  }

  /// The position in the text.
  public let position: Int
  /// The tokens whose logits are taken apart.
  public let tokens: [Int32]
  /// The parts, in the order of the forward pass.
  public let parts: [Part]
  /// The logits, before a cap.
  public let logits: [Double]

  /// What the parts add up to, for each token.
  public var sums: [Double] {
    tokens.indices.map { token in parts.reduce(0) { $0 + $1.values[token] } }
  }
}

extension Session {
  /// Takes logits apart into what the embedding and every layer's attention and feed-forward network add.
  ///
  /// - Parameters:
  ///   - position: the token behind which logits are taken, from the end when negative.
  ///   - targets: the tokens whose logits are taken apart.
  ///   - heads: whether attention is divided into its heads and its bias; not in models with a norm behind it.
  /// - Throws: `invalidArgument` for a position or target that does not exist, or heads that cannot be told apart.
  public func logitAttribution(
    _ text: [Int32], targets: [Int32], position: Int = -1, heads: Bool = false
  ) throws(HoldfastError) -> LogitAttribution {
    let c = model.configuration
    let place = try Self.places([position], in: text.count)[0]
    for target in targets where target < 0 || Int(target) >= c.vocabularySize {
      throw HoldfastError(
        .invalidArgument, "the target \(target) is outside the vocabulary 0..<\(c.vocabularySize)")
    }
    guard !heads || panels.blocks.allSatisfy({ $0.attentionPostNorm == nil }) else {
      throw HoldfastError(
        .invalidArgument,
        "this model has a norm behind its attention, so heads do not add to the logits one by one")
    }
    var sites: [Site] = [Site(.embed), Site(.positionEmbed)].filter { $0.kind.exists(c) }
    for layer in 0..<c.layers {
      sites.append(Site(heads ? .result : .attentionOut, layer: layer))
      sites.append(Site(.feedForwardOut, layer: layer))
    }
    let (output, seen) = try logitsAndActivations(
      [Segment(text, outputs: .none)], sites: sites + [Site(.finalNormScale), Site(.finalNormed)])
    _ = output
    guard let scale = seen[Site(.finalNormScale)], let normed = seen[Site(.finalNormed)] else {
      throw HoldfastError(.internal, "the final norm was not seen")
    }
    var names: [String] = []
    var rows: [Tensor] = []
    for site in sites {
      guard let found = seen[site] else { throw HoldfastError(.internal, "\(site.name) was not seen") }
      guard site.kind == .result, let layer = site.layer else {
        names.append(site.name)
        rows.append(found.row(place))
        continue
      }
      for head in 0..<c.heads {
        names.append("\(site.name)[\(head)]")
        rows.append(found.row(place).row(head))
      }
      if let bias = panels.blocks[layer].attention.output.bias {
        names.append("blocks.\(layer).attn.bias")
        rows.append(bias)
      }
    }
    let values = try contributions(rows, scale[place], targets)
    let parts = zip(names, values.parts).map { LogitAttribution.Part(name: $0, values: $1) }
    let bias = values.bias.map { [LogitAttribution.Part(name: "ln_final.bias", values: $0)] } ?? []
    // The logits themselves, from the rows the model divided.
    let whole = try Tensor(uninitialized: [1, c.width])
    runtime.affine(
      normed.rows(place..<(place + 1)), weight: panels.finalNorm.weight, offset: panels.finalNorm.offset,
      bias: panels.finalNorm.bias, rows: [0], into: whole)
    let logits = try Tensor(uninitialized: [1, c.vocabularySize])
    try project(whole, rows: [0], into: logits, capped: false)
    return LogitAttribution(
      position: place, tokens: targets, parts: parts + bias,
      logits: targets.map { Double(logits[Int($0)]) })
  }

  /// What rows of the residual stream add to logits behind the final norm, and what its bias does.
  private func contributions(_ rows: [Tensor], _ scale: Float, _ targets: [Int32]) throws(HoldfastError)
    -> (parts: [[Double]], bias: [Double]?)
  {
    let (c, norm) = (model.configuration, panels.finalNorm)
    let stacked = try Tensor(uninitialized: [rows.count, c.width])
    for (i, row) in rows.enumerated() { stacked.row(i).copy(from: row) }
    var means: Tensor?
    if case .layer = norm.kind {
      let own = try Tensor(uninitialized: [rows.count])
      runtime.rowMeans(stacked, into: own)
      means = own
    }
    let scales = try Tensor(uninitialized: [rows.count])
    scales.fill(scale)
    let count = rows.count + (norm.bias == nil ? 0 : 1)
    let normed = try Tensor(zeros: [count, c.width])
    let parts = normed.rows(0..<rows.count)
    runtime.standardize(stacked, mean: means, scale: scales, into: parts)
    runtime.affine(parts, weight: norm.weight, offset: norm.offset, rows: Array(0..<rows.count), into: parts)
    if let bias = norm.bias { normed.row(rows.count).copy(from: bias) }
    var values: [[Double]] = []
    for start in stride(from: 0, to: count, by: logitRows) {
      let some = Array(start..<min(start + logitRows, count))
      let logits = try Tensor(uninitialized: [some.count, c.vocabularySize])
      try project(normed, rows: some, into: logits, capped: false)
      for row in some.indices { values.append(targets.map { Double(logits.row(row)[Int($0)]) }) }
    }
    guard norm.bias != nil else { return (values, nil) }
    return (Array(values.dropLast()), values.last)
  }
}

extension Norm {
  /// What is added to the weight.
  var offset: Float { if case .rms(let offset) = kind { offset } else { 0 } }
}
