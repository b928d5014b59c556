import HoldfastModel
import HoldfastTensor

/// AdamW with its moments, as `torch.optim.AdamW` defines it.
///
/// Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2. Weight decay applies to every tensor.
final class AdamW {
  /// Running means of the gradients, in the order of the parameters.
  let firstMoments: [Moment]
  /// Running means of their squares.
  let secondMoments: [Moment]

  /// Moments of zero, as before the first step; the only place where their memory is allocated.
  init(for parameters: Parameters, _ precision: MomentPrecision) throws(HoldfastError) {
    var first: [Moment] = []
    var second: [Moment] = []
    for tensor in parameters.tensors {
      first.append(try Moment(zeros: tensor.shape, precision))
      second.append(try Moment(zeros: tensor.shape, precision))
    }
    firstMoments = first
    secondMoments = second
  }

  /// Changes the parameters by one step.
  ///
  /// - Parameters:
  ///   - number: this step, counted from 1, for the correction of the moments' bias.
  ///   - gradientScale: what gradients are multiplied by on the way, from clipping.
  func step(
    _ number: Int, parameters: Parameters, gradients: Gradients, learningRate: Double, gradientScale: Float,
    options: TuningOptions, runtime: Runtime
  ) {
    var step = Runtime.AdamWStep(number: number, learningRate: learningRate)
    (step.beta1, step.beta2, step.epsilon) = (options.beta1, options.beta2, options.epsilon)
    (step.weightDecay, step.gradientScale) = (options.weightDecay, gradientScale)
    for (i, parameter) in parameters.tensors.enumerated() {
      switch (firstMoments[i], secondMoments[i]) {
      case (.float32(let first), .float32(let second)):
        runtime.adamW(
          step, parameter: parameter, gradient: gradients.tensors[i], firstMoment: first, secondMoment: second
        )
      case (.bfloat16(let first), .bfloat16(let second)):
        let place = UInt64(number) << 24 | UInt64(i)
        var key = RandomSource(seed: options.seed ^ place &* 0x9e37_79b9_7f4a_7c15)
        runtime.adamW(
          step, parameter: parameter, gradient: gradients.tensors[i], firstMoment: first,
          secondMoment: second,
          key: key.next())
      default: preconditionFailure("moments of one precision")
      }
    }
  }
}
