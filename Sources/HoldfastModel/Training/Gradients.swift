public import HoldfastStorage
public import HoldfastTensor

/// The gradients of all parameters, accumulated sequence after sequence.
///
/// Every element is one chain of fused multiply-adds over the tokens in order, so a batch cut into micro-batches gives
/// the same bits as the batch in one piece.
public final class Gradients {
  /// Hugging Face names, in the order of the forward pass.
  public let names: [ByteString]
  /// Tensors in the order of `names` and the shapes of the parameters.
  public let tensors: [Tensor]
  private let index: [ByteString: Int]
  /// Gradients of the embedding as a look-up table, for the tokens seen; kept apart so that a tied output projection,
  /// whose chain runs over the same tensor, is not interleaved with it differently from batch to batch.
  private var lookup: RowAccumulator
  /// The embedding's place among the tensors, if it is trained.
  private let embedding: Int?

  /// Zero gradients for everything a model trains.
  ///
  /// - Throws: `invalidArgument` when the model has no parameters to train.
  public init(_ model: Model) throws(HoldfastError) {
    guard let parameters = model.parameters else {
      throw HoldfastError(
        .invalidArgument,
        "the model has no parameters to train; give it some with `with(Parameters(copying:))`")
    }
    var tensors: [Tensor] = []
    for tensor in parameters.tensors { tensors.append(try Tensor(zeros: tensor.shape)) }
    self.tensors = tensors
    names = parameters.names
    index = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    lookup = RowAccumulator(width: model.configuration.width)
    embedding = index[try model.weights.embeddingSlot().name]
  }

  /// Nothing at all, for a way back that only activations are wanted of.
  init(frozen configuration: ModelConfiguration) {
    (tensors, names, index, embedding) = ([], [], [:], nil)
    lookup = RowAccumulator(width: configuration.width)
  }

  /// The gradient of the tensor of that name.
  public subscript(_ name: ByteString) -> Tensor? { index[name].map { tensors[$0] } }

  /// Sets everything to zero.
  public func reset() {
    for tensor in tensors { tensor.fill(0) }
    lookup.removeAll()
  }

  /// Adds what is still kept apart; call once, after the last sequence and before reading.
  public func finish(runtime: Runtime = .shared) throws(HoldfastError) {
    if let embedding { try lookup.add(to: tensors[embedding], runtime: runtime) }
    lookup.removeAll()
  }

  /// Whether embeddings are trained, so that their gradient is worth computing.
  var includesEmbedding: Bool { embedding != nil }

  func accumulateLookup(_ dx: Tensor, tokens: [Int32], runtime: Runtime) throws(HoldfastError) {
    try lookup.accumulate(dx, tokens: tokens, runtime: runtime)
  }

  /// The gradient of a slot, or `nil` for what is not trained.
  func tensor(_ slot: Slot?) -> Tensor? { slot.flatMap { self[$0.name] } }

  /// The gradients of a projection's parts.
  func projection(_ part: ProjectionPart) -> Projection.Gradients {
    var adapter: Adapter.Gradients?
    if let down = self[part.weight.downName], let up = self[part.weight.upName] {
      adapter = Adapter.Gradients(down: down, up: up.rows(part.rows))
    }
    return Projection.Gradients(
      weight: tensor(part.weight)?.rows(part.rows), bias: tensor(part.bias)?.rows(part.rows), adapter: adapter
    )
  }
}

/// Sums of rows by token, for the few tokens of a batch out of a large vocabulary.
struct RowAccumulator {
  private let width: Int
  private var slots: [Int32: Int32] = [:]
  private var order: [Int32] = []
  private var rows: Tensor?

  init(width: Int) { self.width = width }

  mutating func removeAll() {
    slots.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
  }

  /// Adds row t of dx [T, D] to the sum of tokens[t], t ascending.
  mutating func accumulate(_ dx: Tensor, tokens: [Int32], runtime: Runtime) throws(HoldfastError) {
    let before = order.count
    let mapped = tokens.map { token in
      if let slot = slots[token] { return slot }
      let slot = Int32(truncatingIfNeeded: order.count)
      slots[token] = slot
      order.append(token)
      return slot
    }
    let capacity = rows?.shape[0] ?? 0
    if order.count > capacity {
      let larger = try Tensor(zeros: [max(order.count, 2 * capacity, 256), width])
      if let rows, before > 0 { larger.rows(0..<before).copy(from: rows.rows(0..<before)) }
      rows = larger
    } else if let rows, order.count > before {
      rows.rows(before..<order.count).fill(0)
    }
    if let rows { runtime.embedBackward(dx, tokens: mapped, into: rows) }
  }

  /// Adds each sum to its token's row of a table [V, D].
  func add(to table: Tensor, runtime: Runtime) throws(HoldfastError) {
    guard let rows, !order.isEmpty else { return }
    runtime.embedBackward(rows.rows(0..<order.count), tokens: order, into: table)
  }
}
