import HoldfastModel
import HoldfastTensor

/// AdamW with its moments, as `torch.optim.AdamW` defines it.
///
/// Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2. Weight decay applies to every tensor.
final class AdamW {
  /// Running means of the gradients, in the order of the parameters.
  let firstMoments: [Tensor]
  /// Running means of their squares.
  let secondMoments: [Tensor]

  /// Moments of zero, as before the first step; the only place where their memory is allocated.
  init(for parameters: Parameters) throws(HoldfastError) {
    var first: [Tensor] = []
    var second: [Tensor] = []
    for tensor in parameters.tensors {
      first.append(try Tensor(zeros: tensor.shape))
      second.append(try Tensor(zeros: tensor.shape))
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
    for (i, parameter) in parameters.tensors.enumerated() {
      runtime.adamW(
        parameter: parameter, gradient: gradients.tensors[i], firstMoment: firstMoments[i],
        secondMoment: secondMoments[i], step: number, learningRate: learningRate, beta1: options.beta1,
        beta2: options.beta2, epsilon: options.epsilon, weightDecay: options.weightDecay,
        gradientScale: gradientScale)
    }
  }
}
