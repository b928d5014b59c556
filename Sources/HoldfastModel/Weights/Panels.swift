import HoldfastStorage
import HoldfastTensor

/// A model as sessions compute with it: blocks whose matrices are packed for products, made once and shared.
///
/// Matrices of the weights are shared by every overlay on them; those of tuned parameters belong to the model.
final class Panels: Sendable {
  let blocks: [DecoderBlock]
  let finalNorm: Norm
  /// [V, D], for logits.
  let output: Projection

  init(_ model: Model, runtime: Runtime) throws(HoldfastError) {
    let weights = model.weights
    let source = TensorSource(
      vector: { slot throws(HoldfastError) in try model.materialized(slot, copy: false) },
      matrix: { slot, rows throws(HoldfastError) in try model.matrix(slot, rows: rows, runtime) },
      adapter: { slot, rows throws(HoldfastError) in try model.adapter(slot, rows: rows, runtime) })
    blocks = try (0..<weights.configuration.layers).map { layer throws(HoldfastError) in
      try DecoderBlock(weights, layer: layer, source)
    }
    finalNorm = try weights.finalNorm(source)
    output = try source.projection(weights.outputPart())
  }
}

extension Weights {
  /// The tokens' embedding.
  func embeddingSlot() throws(HoldfastError) -> Slot { try required(.embedding) }

  /// What logits come from: the embedding itself when tied.
  func outputSlot() throws(HoldfastError) -> Slot {
    try configuration.tiedEmbeddings ? embeddingSlot() : required(.output)
  }

  /// The norm before the output projection.
  func finalNorm(_ source: TensorSource) throws(HoldfastError) -> Norm {
    guard let norm = try source.norm(.finalNorm, of: self) else {
      throw HoldfastError(.internal, "\(architecture.name) does not name its final norm")
    }
    return norm
  }

  private func required(_ module: Module) throws(HoldfastError) -> Slot {
    guard let slot = slot(module) else {
      throw HoldfastError(.internal, "\(architecture.name) does not name its \(module.rawValue)")
    }
    return slot
  }
}
