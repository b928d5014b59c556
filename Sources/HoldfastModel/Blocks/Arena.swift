import HoldfastTensor

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
