import HoldfastTensor

/// Which examples each step takes: a function of the step alone, so that a resumed run needs no more than its number.
struct BatchPlan {
  let exampleCount: Int
  let batchSize: Int
  let seed: UInt64
  let shuffle: Bool
  /// Optimiser steps of the whole run.
  let totalSteps: Int
  /// Steps over which the learning rate rises.
  let warmupSteps: Int
  private var order: (epoch: Int, indices: [Int])?

  init(exampleCount: Int, options: TuningOptions) {
    self.exampleCount = exampleCount
    batchSize = options.batchSize
    seed = options.seed
    shuffle = options.shuffle
    let perEpoch = (exampleCount + options.batchSize - 1) / options.batchSize
    let wanted = (Double(perEpoch) * options.epochs).rounded(.up)
    totalSteps = options.maxSteps > 0 ? options.maxSteps : max(1, Int(exactly: wanted) ?? Int.max)
    warmupSteps = Int(exactly: (Double(totalSteps) * options.warmupRatio).rounded(.up)) ?? 0
  }

  /// Steps of one pass over the data, the last of which may be smaller.
  var stepsPerEpoch: Int { (exampleCount + batchSize - 1) / batchSize }

  /// The epoch of a step and the place of its first example in the epoch's order.
  func cursor(step: Int) -> (epoch: Int, position: Int) {
    let (epoch, within) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    return (epoch, within * batchSize)
  }

  /// The examples of a step, in the order in which their gradients are summed.
  mutating func batch(step: Int) -> [Int] {
    let (epoch, position) = cursor(step: step)
    let indices = indices(ofEpoch: epoch)
    return Array(indices[position..<min(position + batchSize, exampleCount)])
  }

  private mutating func indices(ofEpoch epoch: Int) -> [Int] {
    if let order, order.epoch == epoch { return order.indices }
    var indices = Array(0..<exampleCount)
    if shuffle {
      var random = RandomSource(seed: seed).fork(stream: UInt64(truncatingIfNeeded: epoch))
      random.shuffle(&indices)
    }
    order = (epoch, indices)
    return indices
  }
}
