internal import CHoldfastKernels
import Synchronization

extension Runtime {
  /// What an AdamW step does to every number alike.
  public struct AdamWStep: Sendable {
    /// The number of the step, counted from 1, for the correction of the moments' bias.
    public var number: Int
    /// The learning rate.
    public var learningRate: Double
    /// The decay of the first moment.
    public var beta1 = 0.9
    /// The decay of the second moment.
    public var beta2 = 0.999
    /// What keeps the denominator from 0.
    public var epsilon = 1e-8
    /// The decoupled weight decay.
    public var weightDecay = 0.01
    /// Multiplies gradients first, for clipping.
    public var gradientScale: Float = 1

    /// Makes a step with PyTorch's defaults.
    public init(number: Int, learningRate: Double) {
      (self.number, self.learningRate) = (number, learningRate)
    }

    fileprivate func scalars(key: UInt64) -> holdfast_adamw {
      precondition(number >= 1, "steps count from 1")
      return holdfast_adamw(
        gradient_scale: gradientScale, decay: Float(1 - learningRate * weightDecay),
        first_rest: Float(1 - beta1),
        second: Float(beta2), second_rest: Float(1 - beta2),
        root_correction: Float((1 - power(beta2, number)).squareRoot()), epsilon: Float(epsilon),
        step_size: Float(learningRate / (1 - power(beta1, number))), key: key)
    }
  }

  /// One AdamW step with decoupled weight decay, as `torch.optim.AdamW` computes it.
  ///
  /// Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
  public func adamW(
    _ step: AdamWStep, parameter: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor
  ) {
    precondition(
      gradient.count == parameter.count && firstMoment.count == parameter.count
        && secondMoment.count == parameter.count, "AdamW of \(parameter.shape) by \(gradient.shape)")
    let scalars = step.scalars(key: 0)
    let kernels = KernelTable(kernels)
    parallel(parameter.count, grain: 32_768) { r in
      let i = r.lowerBound
      var scalars = scalars
      kernels.table.pointee.adamw(
        &scalars, gradient.pointer + i, r.count, parameter.pointer + i, firstMoment.pointer + i,
        secondMoment.pointer + i)
    }
  }

  /// The same with moments in bfloat16, which are rounded up or down at random in proportion, so that what is too small for
  /// a moment's precision is not lost: its mean is kept.
  ///
  /// The draws depend on the key and the element's place alone, never on threads; give every step and tensor a key of its
  /// own. Source: Gupta et al., arXiv 1502.02551 (stochastic rounding).
  public func adamW(
    _ step: AdamWStep, parameter: Tensor, gradient: Tensor, firstMoment: BFloat16Tensor,
    secondMoment: BFloat16Tensor, key: UInt64
  ) {
    precondition(
      gradient.count == parameter.count && firstMoment.count == parameter.count
        && secondMoment.count == parameter.count, "AdamW of \(parameter.shape) by \(gradient.shape)")
    let scalars = step.scalars(key: key)
    let kernels = KernelTable(kernels)
    parallel(parameter.count, grain: 32_768) { r in
      let i = r.lowerBound
      var scalars = scalars
      kernels.table.pointee.adamw_bfloat16(
        &scalars, gradient.pointer + i, r.count, i, parameter.pointer + i, firstMoment.pointer + i,
        secondMoment.pointer + i)
    }
  }

  /// The sum of the squares, in double precision, in an order that depends on the count alone.
  public func sumOfSquares(_ x: Tensor) -> Double {
    let block = 65_536
    let blocks = (x.count + block - 1) / block
    let kernels = KernelTable(kernels)
    let partial = [Double](unsafeUninitializedCapacity: blocks) { buffer, initialized in
      let results = BlockResults(pointer: buffer.baseAddress)
      parallel(blocks) { range in
        for i in range {
          results.pointer?[i] = kernels.table.pointee.sum_of_squares(
            x.pointer + i * block, min(block, x.count - i * block))
        }
      }
      initialized = blocks
    }
    return partial.reduce(0, +)
  }

  /// The position of the first NaN or infinity, or nil.
  public func firstNonFinite(_ x: Tensor) -> Int? {
    let first = Atomic<Int>(x.count)
    let kernels = KernelTable(kernels)
    parallel(x.count, grain: 65_536) { r in
      guard r.lowerBound < first.load(ordering: .relaxed) else { return }
      let found = kernels.table.pointee.first_non_finite(x.pointer + r.lowerBound, r.count)
      if found < r.count { first.min(r.lowerBound + found, ordering: .relaxed) }
    }
    let position = first.load(ordering: .relaxed)
    return position < x.count ? position : nil
  }
}

/// base to a positive whole power by squaring: basic operations only, the same bits everywhere.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}

/// Where pool threads put one number per block.
struct BlockResults: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Double>?
}
