public import HoldfastStorage
public import HoldfastTensor

extension Model {
  /// The same model with its adapter, if it has one, added into the weights: float32 copies of all of them.
  public func merged() throws(HoldfastError) -> Model {
    guard parameters?.adapter != nil else { return self }
    return with(try Parameters(copying: self))
  }

  /// The model without what was tuned: what an adapter stands on, or the weights alone.
  public var base: Model { with(parameters?.frozen) }

  /// The float32 tensor of that name that a model computes with, adapter merged; `nil` when there is none.
  ///
  /// It may be shared with the model: copy it before changing it.
  public func tensor(named name: ByteString, runtime: Runtime = .shared) throws(HoldfastError) -> Tensor? {
    guard let slot = weights.slot(named: name) else { return nil }
    return try materialized(slot, copy: false, runtime: runtime)
  }

  /// w + s · B A in place.
  func merge(_ adapter: AdapterTensors, into w: Tensor, _ runtime: Runtime) throws(HoldfastError) {
    let up = try Tensor(uninitialized: adapter.up.shape)
    up.copy(from: adapter.up)
    runtime.scale(up, by: adapter.scale)
    runtime.linearBackwardInput(up, adapter.down, into: w, accumulate: true)
  }

  /// The adapter beside some rows of a matrix, packed for sessions.
  func adapter(_ slot: Slot, rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError) -> Adapter? {
    guard let tensors = parameters?.adapters[slot.name] else { return nil }
    for tensor in [tensors.down, tensors.up] {
      guard let index = runtime.firstNonFinite(tensor) else { continue }
      throw HoldfastError(
        .numerical,
        "the adapter of '\(slot.moduleName.text)' holds a NaN or an infinity at element \(index); tuning diverged, try "
          + "a smaller learning rate")
    }
    return Adapter(
      down: .packed(try PackedMatrix(tensors.down, runtime: runtime)),
      up: .packed(try PackedMatrix(tensors.up.rows(rows), runtime: runtime)), rank: tensors.rank,
      scale: tensors.scale, dropout: nil, isFirst: rows.lowerBound == 0,
      isLast: rows.upperBound == slot.shape[0])
  }

  /// The same as training uses it, as it is.
  func trainingAdapter(_ slot: Slot, rows: Range<Int>, _ dropout: DropoutRows?) -> Adapter? {
    guard let tensors = parameters?.adapters[slot.name] else { return nil }
    let probability = Float(parameters?.adapter?.dropout ?? 0)
    return Adapter(
      down: .plain(tensors.down), up: .plain(tensors.up.rows(rows)), rank: tensors.rank, scale: tensors.scale,
      dropout: probability > 0
        ? dropout?.dropout(probability, adapter: tensors.place, isOutput: slot.key.module == .output) : nil,
      isFirst: rows.lowerBound == 0, isLast: rows.upperBound == slot.shape[0])
  }
}

/// Where dropout is within an optimiser step: masks count rows from the step's beginning, so that they do not depend on
/// micro-batches.
struct DropoutRows {
  let seed: UInt64
  /// The step, from 0.
  let step: Int
  /// Rows of the blocks, and rows of logits, that the step has behind it.
  var tokens = 0
  var targets = 0

  func dropout(_ probability: Float, adapter: Int, isOutput: Bool) -> Adapter.Dropout {
    Adapter.Dropout(
      probability: probability, seed: seed,
      stream: UInt64(truncatingIfNeeded: step) << 20 | UInt64(truncatingIfNeeded: adapter),
      firstRow: isOutput ? targets : tokens)
  }
}

extension Model {
  /// The names of the axes of an adapter's A or B.
  func adapterAxes(of name: ByteString) -> [ByteString] {
    for slot in weights.adaptable {
      guard name == slot.downName || name == slot.upName else { continue }
      let rank: ByteString =
        parameters?.adapter?.ranks.isEmpty == false
        ? ByteString("rank_\(parameters?.adapters[slot.name]?.rank ?? 0)") : "rank"
      return name == slot.downName ? [rank, slot.axes[1]] : [slot.axes[0], rank]
    }
    return []
  }
}
