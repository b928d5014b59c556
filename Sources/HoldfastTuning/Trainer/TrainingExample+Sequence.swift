import HoldfastModel

extension TrainingExample {
  /// What a model learns from it.
  var sequence: TrainingSequence { TrainingSequence(tokens: tokens, labels: labels) }
}
