public import HoldfastStorage
public import HoldfastTensor

extension Model {
  /// Part of a block's tensors.
  public enum BlockPart: String, Sendable, CaseIterable {
    /// All of them.
    case block
    /// Attention with its norms.
    case attention
    /// The feed-forward network with its norms.
    case feedForward = "feed_forward"
  }

  /// The names of the tensors of a part of some layers.
  public func parameterNames(_ part: BlockPart, layers: Set<Int>) -> [ByteString] {
    weights.slots.filter { slot in
      guard let layer = slot.key.layer, layers.contains(layer) else { return false }
      let isFeedForward: Bool
      switch slot.key.module {
      case .feedForwardNorm, .gate, .up, .gateUp, .down, .feedForwardPostNorm: isFeedForward = true
      default: isFeedForward = false
      }
      return part == .block || (part == .feedForward) == isFeedForward
    }.map(\.name)
  }

  /// The same model with some tensors of another one of the same shape in the place of its own.
  ///
  /// Adapters are merged first. What is taken is held in float32.
  /// - Throws: `invalidArgument` for a tensor that one of the models lacks or that differs in shape.
  public func taking(_ names: [ByteString], from other: Model) throws(HoldfastError) -> Model {
    let own = try merged()
    var taken: [ByteString: Tensor] = [:]
    for name in names {
      guard let shape = own.shape(of: name), other.shape(of: name) == shape,
        let tensor = try other.tensor(named: name)
      else {
        throw HoldfastError(
          .invalidArgument, "the tensor '\(name.text)' is missing in one of the models, or differs in shape")
      }
      taken[name] = tensor
    }
    var named: [(name: ByteString, tensor: Tensor)] = []
    for slot in weights.slots {
      if let tensor = taken[slot.name] ?? own.parameters?[slot.name] { named.append((slot.name, tensor)) }
    }
    return own.with(Parameters(named))
  }
}
