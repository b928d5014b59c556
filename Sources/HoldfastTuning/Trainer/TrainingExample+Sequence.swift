public import HoldfastModel
public import HoldfastTensor

extension TrainingExample {
  /// What a model learns from it.
  var sequence: TrainingSequence { TrainingSequence(tokens: tokens, labels: labels) }

  /// Throws unless a model can learn from it: `contextLength` when it is too long, else `invalidArgument`.
  public func validate(for model: Model) throws(HoldfastError) { try sequence.validate(model.configuration) }
}
