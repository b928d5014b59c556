/// What becomes of the losses of single rows.
public enum LossReduction: Int32, Sendable, CaseIterable {
  /// They stay, in the shape of the targets.
  case none = 0
  /// Their mean over the rows that count; NaN if none does.
  case mean = 1
  /// Their sum.
  case sum = 2
}

extension NDArray {
  /// The cross-entropy -log softmax(logits)[target] of every row of logits [..., V] with its target [...].
  ///
  /// The gradient, if asked for, is that of the reduced loss (of the sum, for ``LossReduction/none``). Rows whose target is
  /// `ignored` have a loss and a gradient of 0 and do not count.
  ///
  /// - Throws: `invalidArgument` for targets of another shape or outside 0 ..< V.
  public func crossEntropy(
    targets: NDArray, ignored: Int64 = -100, reduction: LossReduction = .mean, gradient wantsGradient: Bool,
    on runtime: Runtime = .shared
  ) throws(HoldfastError) -> (loss: NDArray, gradient: NDArray?) {
    guard let width = shape.last else {
      throw HoldfastError(.invalidArgument, "logits of no axes; the last one is the vocabulary")
    }
    try targets.expect(Array(shape.dropLast()), "targets")
    let numbers = try targets.integers("targets", on: runtime)
    let logits = try tensor("logits", on: runtime)
    var places: [Int] = []
    var tokens: [Int32] = []
    for row in 0..<targets.count {
      let target = numbers.pointer.load(fromByteOffset: 8 * row, as: Int64.self)
      guard target != ignored else { continue }
      guard target >= 0, target < width, let token = Int32(exactly: target) else {
        throw HoldfastError(
          .invalidArgument, "target \(row) is \(target), outside the \(width) logits of a row")
      }
      places.append(row)
      tokens.append(token)
    }
    let counted = try Tensor(uninitialized: [places.count, width])
    for (index, row) in places.enumerated() {
      (counted.pointer + index * width).update(from: logits.pointer + row * width, count: width)
    }
    let scale = reduction == .mean ? 1 / Float(places.count) : 1
    let losses = runtime.crossEntropy(logits: counted, targets: tokens, scale: scale, gradient: wantsGradient)
    var gradient: NDArray?
    if wantsGradient {
      let result = try NDArray(zeros: shape)
      for (index, row) in places.enumerated() {
        (result.pointer.assumingMemoryBound(to: Float.self) + row * width)
          .update(from: counted.pointer + index * width, count: width)
      }
      gradient = result
    }
    let single = try Tensor(losses, shape: [losses.count])
    switch reduction {
    case .mean: return (try NDArray(single).reduced(.mean, on: runtime), gradient)
    case .sum: return (try NDArray(single).reduced(.sum, on: runtime), gradient)
    case .none:
      let all = try Tensor(zeros: targets.shape)
      for (loss, row) in zip(losses, places) { all.pointer[row] = loss }
      return (NDArray(all), gradient)
    }
  }
}
