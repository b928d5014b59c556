internal import CHoldfastKernels

extension Runtime {
  /// The cross-entropy (natural log) of each row of logits [R, V] with its target; when `gradient`, the logits become
  /// (softmax - onehot) * scale.
  public func crossEntropy(logits: Tensor, targets: [Int32], scale: Float, gradient: Bool) -> [Float] {
    let width = logits.columns
    precondition(logits.count == targets.count * width, "\(targets.count) targets for logits \(logits.shape)")
    precondition(targets.allSatisfy { $0 >= 0 && Int($0) < width }, "a target outside the vocabulary")
    let kernels = KernelTable(kernels)
    return perRow(targets.count) { row in
      kernels.table.pointee.cross_entropy(
        logits.pointer + row * width, width, Int(targets[row]), scale, gradient)
    }
  }

  /// The same with a penalty on the distance from other logits: the losses, and KL(p ‖ q) in nats of each row, where q is
  /// the softmax of logits and p that of `base` [R, V]; logits become (q - onehot + weight · (q - p)) * scale.
  ///
  /// What `base` held is lost.
  public func crossEntropy(
    logits: Tensor, base: Tensor, targets: [Int32], scale: Float, weight: Float
  ) -> [(loss: Float, divergence: Float)] {
    let width = logits.columns
    precondition(logits.count == targets.count * width, "\(targets.count) targets for logits \(logits.shape)")
    precondition(base.shape == logits.shape, "logits \(logits.shape) against \(base.shape)")
    precondition(targets.allSatisfy { $0 >= 0 && Int($0) < width }, "a target outside the vocabulary")
    let kernels = KernelTable(kernels)
    return perRow(targets.count) { row in
      var divergence: Float = 0
      let loss = kernels.table.pointee.penalized_cross_entropy(
        logits.pointer + row * width, base.pointer + row * width, width, Int(targets[row]), scale, weight,
        &divergence)
      return (loss, divergence)
    }
  }

  /// log softmax(logits[row])[token] for each pair; logits [R, V] stay as they are.
  public func logSoftmax(_ logits: Tensor, pick: [(row: Int, token: Int32)]) -> [Float] {
    let width = logits.columns
    let normalisers = logSumExp(logits)
    return pick.map { row, token in
      precondition(token >= 0 && Int(token) < width, "token \(token) of \(width)")
      return logits.pointer[row * width + Int(token)] - normalisers[row]
    }
  }

  /// The log of the sum of exp over each row of [R, V].
  public func logSumExp(_ logits: Tensor) -> [Float] {
    let width = logits.columns
    let kernels = KernelTable(kernels)
    return perRow(width == 0 ? 0 : logits.count / width) { row in
      kernels.table.pointee.log_sum_exp(logits.pointer + row * width, width)
    }
  }

  /// The position of the largest element of each row of [R, V], the first of equals; NaN is never the largest.
  public func argmax(_ logits: Tensor) -> [Int32] {
    let width = logits.columns
    return (0..<(width == 0 ? 0 : logits.count / width)).map { row in
      let x = logits.pointer + row * width
      var best = 0
      for i in 1..<Swift.max(width, 1) where x[i] > x[best] || (x[best].isNaN && !x[i].isNaN) { best = i }
      return Int32(best)
    }
  }

  private func perRow<Result: BitwiseCopyable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
    [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
      let results = RowResults(pointer: buffer.baseAddress)
      parallel(count) { rows in
        for row in rows { (results.pointer.map { $0 + row })?.initialize(to: body(row)) }
      }
      initialized = count
    }
  }
}

/// Where pool threads put what they computed of each row.
private struct RowResults<Result: BitwiseCopyable>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Result>?
}
