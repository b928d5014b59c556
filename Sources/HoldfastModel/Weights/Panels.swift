import HoldfastStorage
import HoldfastTensor
import Synchronization

/// A model's matrices packed for products, made once and shared by all sessions.
final class Panels: Sendable {
  let blocks: [DecoderBlock]
  let finalNorm: Tensor
  /// [V, D], for logits.
  let output: Matrix

  init(_ model: Model, runtime: Runtime) throws(HoldfastError) {
    let layout = BlockLayout(model.weights)
    let c = model.configuration
    blocks = try layout.blocks.map { s throws(HoldfastError) in
      try DecoderBlock(
        c, s, norm: { slot throws(HoldfastError) in try model.materialized(slot, copy: false) },
        matrix: { slot throws(HoldfastError) in .packed(try model.packed(slot, runtime)) })
    }
    finalNorm = try model.materialized(layout.finalNorm, copy: false)
    output = .packed(try model.packed(layout.output, runtime))
  }
}

/// The slots of a model by their place in the forward pass.
struct BlockLayout {
  struct Block {
    let inputNorm, query, key, value, attentionOutput, feedForwardNorm, gate, up, down: Architecture.Slot
  }

  let embedding: Architecture.Slot
  let blocks: [Block]
  let finalNorm: Architecture.Slot
  /// The embedding itself when tied.
  let output: Architecture.Slot

  init(_ weights: Weights) {
    let slots = weights.slots
    embedding = slots[0]
    blocks = (0..<weights.configuration.layers).map { layer in
      let s = slots[(1 + 9 * layer)..<(10 + 9 * layer)].map { $0 }
      return Block(
        inputNorm: s[0], query: s[1], key: s[2], value: s[3], attentionOutput: s[4], feedForwardNorm: s[5],
        gate: s[6], up: s[7], down: s[8])
    }
    let tail = 1 + 9 * weights.configuration.layers
    finalNorm = slots[tail]
    output = weights.configuration.tiedEmbeddings ? slots[0] : slots[tail + 1]
  }
}

/// Makes a value once, on first use, however many threads ask.
final class Once<Value: Sendable>: Sendable {
  private let state = Mutex<Value?>(nil)

  func get(_ make: () throws(HoldfastError) -> Value) throws(HoldfastError) -> Value {
    let result: Result<Value, HoldfastError> = state.withLock { value in
      if let value { return .success(value) }
      do {
        let made = try make()
        value = made
        return .success(made)
      } catch let error as HoldfastError {
        return .failure(error)
      } catch {
        return .failure(HoldfastError(.internal, "\(error)"))
      }
    }
    return try result.get()
  }
}
