import HoldfastModel
import HoldfastTensor

extension Gradients {
  /// The L2 norm over all tensors.
  ///
  /// - Throws: `numerical`, naming the tensor and the element, when a gradient is NaN or infinite.
  func norm(_ runtime: Runtime) throws(HoldfastError) -> Double {
    var sum = 0.0
    for (i, tensor) in tensors.enumerated() {
      let squares = runtime.sumOfSquares(tensor)
      guard squares.isFinite else {
        let place = runtime.firstNonFinite(tensor).map { "element \($0)" } ?? "its sum of squares"
        throw HoldfastError(.numerical, "the gradient of '\(names[i].text)' is not finite (\(place))")
      }
      sum += squares
    }
    return sum.squareRoot()
  }
}

/// What gradients of that norm are multiplied by so that it does not exceed `limit`; 1 when `limit` is 0.
///
/// Source: `torch.nn.utils.clip_grad_norm_`.
func clipCoefficient(norm: Double, limit: Double) -> Float {
  limit > 0 ? Float(min(1, limit / (norm + 1e-6))) : 1
}
