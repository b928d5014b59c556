public import HoldfastStorage
public import HoldfastTensor

/// A trainable overlay on weights, by Hugging Face name and in the engine's layout: float32 tensors in the place of some
/// or all of theirs, or low-rank adapters beside them.
///
/// A model that carries parameters computes with them in place of its weights. Whoever changes them (a trainer) makes a
/// new `Model` or session afterwards; sessions that exist have already packed what they found.
public final class Parameters: @unchecked Sendable {
  /// The names of what is trained, in the order of the forward pass.
  public let names: [ByteString]
  /// The tensors, in the order of `names`.
  public let tensors: [Tensor]
  /// What the adapters among the tensors are, if there are any.
  public let adapter: AdapterConfiguration?
  /// Tensors in the place of weights that are not trained.
  let frozen: Parameters?
  /// The adapters, by the name of the weight they stand beside.
  let adapters: [ByteString: AdapterTensors]
  private let index: [ByteString: Int]

  /// Takes over tensors under their names.
  public convenience init(_ named: [(name: ByteString, tensor: Tensor)]) {
    self.init(named, adapter: nil, frozen: nil)
  }

  init(_ named: [(name: ByteString, tensor: Tensor)], adapter: AdapterConfiguration?, frozen: Parameters?) {
    names = named.map(\.name)
    tensors = named.map(\.tensor)
    let index = Dictionary(
      named.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.index = index
    self.adapter = adapter
    self.frozen = frozen
    adapters = adapter.map { AdapterTensors.all(named, $0) } ?? [:]
  }

  /// Float32 copies of everything a model computes with, adapters merged; `numerical` names the first value that is not
  /// finite.
  public convenience init(copying model: Model) throws(HoldfastError) {
    var named: [(name: ByteString, tensor: Tensor)] = []
    for slot in model.weights.slots { named.append((slot.name, try model.materialized(slot, copy: true))) }
    self.init(named)
  }

  /// The tensor of that name, trained or frozen.
  public subscript(_ name: ByteString) -> Tensor? { index[name].map { tensors[$0] } ?? frozen?[name] }

  /// Elements in total, of what is trained.
  public var count: Int { tensors.reduce(0) { $0 + $1.count } }
}
