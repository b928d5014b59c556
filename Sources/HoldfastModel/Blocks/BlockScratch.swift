import HoldfastTensor

/// Room for what one block computes and nobody keeps; used by block after block.
struct BlockScratch {
  let normed, queries, attended, gate, up, hidden: Tensor

  /// - Parameter training: whether queries, attention and gates go to a tape instead.
  init(_ c: ModelConfiguration, tokens: Int, training: Bool, arena: Arena) throws(HoldfastError) {
    normed = try arena.tensor("normed", [tokens, c.width])
    hidden = try arena.tensor("hidden", [tokens, c.feedForward])
    queries = training ? normed : try arena.tensor("queries", [tokens, c.queryWidth])
    attended = training ? normed : try arena.tensor("attended", [tokens, c.queryWidth])
    gate = training ? hidden : try arena.tensor("gate", [tokens, c.feedForward])
    up = training ? hidden : try arena.tensor("up", [tokens, c.feedForward])
  }
}

/// Keeps memory between calls, by purpose: a buffer is made anew only when a larger one is asked for.
///
/// Fresh memory costs page faults, which would be a tenth of a training step.
final class Arena {
  private var buffers: [String: Tensor] = [:]

  /// A tensor of that shape over the buffer of that purpose; what it held before is lost.
  func tensor(_ purpose: String, _ shape: [Int]) throws(HoldfastError) -> Tensor {
    let count = shape.reduce(1, *)
    if let buffer = buffers[purpose], buffer.count >= count {
      return buffer.rows(0..<count).reshaped(shape)
    }
    buffers[purpose] = nil  // freed before its successor is made
    let buffer = try Tensor(uninitialized: [count])
    buffers[purpose] = buffer
    return buffer.reshaped(shape)
  }
}
