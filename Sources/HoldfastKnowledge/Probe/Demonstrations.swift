import HoldfastTensor

extension ProbeOptions {
  /// The demonstrations: the set shuffled as Python does with `seed`, the first `shots` of it.
  ///
  /// Throws `invalidArgument` when the set is too small or one of them has no answer.
  func demonstrations(from set: QuestionSet?) throws(HoldfastError) -> [Question] {
    guard shots > 0 else { return [] }
    guard var questions = set?.questions, let name = set?.name else {
      throw HoldfastError(
        .invalidArgument, "\(shots) shots need a demonstration set; give one, or ask for 0 shots")
    }
    guard questions.count >= shots else {
      throw HoldfastError(
        .invalidArgument,
        "\(name): \(shots) shots need as many demonstrations, and there are \(questions.count)")
    }
    var random = PythonRandom(seed: seed)
    random.shuffle(&questions)
    let chosen = Array(questions.prefix(shots))
    if let open = chosen.first(where: { $0.answer == nil }) {
      throw HoldfastError(
        .invalidArgument, "\(name): demonstration '\(open.id)' has no answer; give it one or remove it")
    }
    return chosen
  }
}
