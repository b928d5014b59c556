import HoldfastTensor

/// Where the tensors of blocks come from: packed for inference, or plain and changing while they are trained.
struct TensorSource {
  let vector: (Slot) throws(HoldfastError) -> Tensor
  let matrix: (Slot, Range<Int>) throws(HoldfastError) -> Matrix
  let adapter: (Slot, Range<Int>) throws(HoldfastError) -> Adapter?

  func norm(_ module: Module, layer: Int? = nil, of weights: Weights) throws(HoldfastError) -> Norm? {
    guard let weight = weights.slot(module, layer: layer) else { return nil }
    let c = weights.configuration
    return Norm(
      kind: c.norm, epsilon: c.normEpsilon, weight: try vector(weight),
      bias: try weights.slot(module, layer: layer, isBias: true).map { slot throws(HoldfastError) in
        try vector(slot)
      })
  }

  func projection(_ part: ProjectionPart) throws(HoldfastError) -> Projection {
    Projection(
      matrix: try matrix(part.weight, part.rows),
      bias: try part.bias.map { slot throws(HoldfastError) in try vector(slot).rows(part.rows) },
      adapter: try adapter(part.weight, part.rows))
  }
}

/// The rows of a tensor that one projection uses: all of its own, or its share of a fused one.
struct ProjectionPart {
  let weight: Slot
  let bias: Slot?
  let rows: Range<Int>
}

extension Weights {
  /// The output projection, which has no bias.
  func outputPart() throws(HoldfastError) -> ProjectionPart {
    let slot = try outputSlot()
    return ProjectionPart(weight: slot, bias: nil, rows: 0..<slot.shape[0])
  }

  /// Where a projection's rows are; `nil` when the model has no such projection.
  func part(_ module: Module, layer: Int) -> ProjectionPart? {
    let c = configuration
    func part(_ whole: Module, _ rows: Range<Int>?) -> ProjectionPart? {
      guard let weight = slot(whole, layer: layer) else { return nil }
      return ProjectionPart(
        weight: weight, bias: slot(whole, layer: layer, isBias: true), rows: rows ?? 0..<weight.shape[0])
    }
    if let own = part(module, nil) { return own }
    switch module {
    case .query: return part(.queryKeyValue, 0..<c.queryWidth)
    case .key: return part(.queryKeyValue, c.queryWidth..<(c.queryWidth + c.kvWidth))
    case .value: return part(.queryKeyValue, (c.queryWidth + c.kvWidth)..<(c.queryWidth + 2 * c.kvWidth))
    case .gate: return part(.gateUp, 0..<c.feedForward)
    case .up: return part(.gateUp, c.feedForward..<(2 * c.feedForward))
    default: return nil
    }
  }

  /// The same, for a projection every block has.
  func required(_ module: Module, layer: Int) throws(HoldfastError) -> ProjectionPart {
    guard let part = part(module, layer: layer) else {
      throw HoldfastError(.internal, "\(architecture.name) does not name its \(module.rawValue) projection")
    }
    return part
  }
}

extension DecoderBlock {
  /// Builds the block of a layer.
  init(_ weights: Weights, layer: Int, _ source: TensorSource) throws(HoldfastError) {
    let c = weights.configuration
    func norm(_ module: Module) throws(HoldfastError) -> Norm? {
      try source.norm(module, layer: layer, of: weights)
    }
    func projection(_ module: Module) throws(HoldfastError) -> Projection {
      try source.projection(weights.required(module, layer: layer))
    }
    attentionNorm = try norm(.attentionNorm)
    attention = Attention(
      query: try projection(.query), key: try projection(.key), value: try projection(.value),
      output: try projection(.attentionOutput), queryNorm: try norm(.queryNorm), keyNorm: try norm(.keyNorm),
      heads: c.heads, kvHeads: c.kvHeads, scale: c.attentionScale, softcap: c.attentionSoftcap,
      window: c.window(ofLayer: layer), isLocal: c.window(ofLayer: layer) != nil)
    attentionPostNorm = try norm(.attentionPostNorm)
    feedForwardNorm = try norm(.feedForwardNorm)
    feedForward = FeedForward(
      activation: c.activation, gate: c.gated ? try projection(.gate) : nil, up: try projection(.up),
      down: try projection(.down))
    feedForwardPostNorm = try norm(.feedForwardPostNorm)
    isParallel = c.parallelResidual
  }

  /// Whether it norms what its halves give.
  var hasPostNorms: Bool { attentionPostNorm != nil || feedForwardPostNorm != nil }
}

extension DecoderBlock.Gradients {
  /// Where the gradients of the block of a layer accumulate.
  init(_ gradients: HoldfastModel.Gradients, _ weights: Weights, layer: Int) {
    func norm(_ module: Module) -> Norm.Gradients {
      Norm.Gradients(
        weight: gradients.tensor(weights.slot(module, layer: layer)),
        bias: gradients.tensor(weights.slot(module, layer: layer, isBias: true)))
    }
    func projection(_ module: Module) -> Projection.Gradients {
      guard let part = weights.part(module, layer: layer) else {
        return Projection.Gradients(weight: nil, bias: nil, adapter: nil)
      }
      return gradients.projection(part)
    }
    attentionNorm = norm(.attentionNorm)
    attention = Attention.Gradients(
      query: projection(.query), key: projection(.key), value: projection(.value),
      output: projection(.attentionOutput), queryNorm: norm(.queryNorm), keyNorm: norm(.keyNorm))
    attentionPostNorm = norm(.attentionPostNorm)
    feedForwardNorm = norm(.feedForwardNorm)
    feedForward = FeedForward.Gradients(gate: projection(.gate), up: projection(.up), down: projection(.down))
    feedForwardPostNorm = norm(.feedForwardPostNorm)
  }
}
