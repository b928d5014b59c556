public import HoldfastStorage
public import HoldfastTensor

/// A trainable overlay on weights: float32 tensors in the place of some or all of theirs, by Hugging Face name and in the
/// engine's layout.
///
/// A model that carries parameters computes with them in place of its weights. Whoever changes them (a trainer) makes a
/// new `Model` or session afterwards; sessions that exist have already packed what they found.
public final class Parameters: @unchecked Sendable {
  /// The names, in the order of the forward pass.
  public let names: [ByteString]
  /// The tensors, in the order of `names`.
  public let tensors: [Tensor]
  private let index: [ByteString: Int]

  /// Takes over tensors under their names.
  public init(_ named: [(name: ByteString, tensor: Tensor)]) {
    names = named.map(\.name)
    tensors = named.map(\.tensor)
    index = Dictionary(named.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Float32 copies of everything a model computes with; `numerical` names the first value that is not finite.
  public convenience init(copying model: Model) throws(HoldfastError) {
    var named: [(name: ByteString, tensor: Tensor)] = []
    for slot in model.weights.slots { named.append((slot.name, try model.materialized(slot, copy: true))) }
    self.init(named)
  }

  /// The tensor of that name.
  public subscript(_ name: ByteString) -> Tensor? { index[name].map { tensors[$0] } }

  /// Elements in total.
  public var count: Int { tensors.reduce(0) { $0 + $1.count } }
}
