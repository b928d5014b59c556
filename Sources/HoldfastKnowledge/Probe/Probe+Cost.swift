public import HoldfastModel
public import HoldfastTensor

extension Probe {
  /// What a probe of these questions needs to compute, the beginning that all prompts share counted once.
  ///
  /// Of a cloze probe, the context of a question is counted once, and each choice from where it differs.
  /// - Throws: what `run` throws before it computes.
  public static func cost(
    _ model: Model, _ questions: QuestionSet, demonstrations: QuestionSet? = nil,
    options: ProbeOptions = ProbeOptions()
  ) throws(HoldfastError) -> ForwardCost {
    let most = questions.prefix(options.limit).questions.map(\.choices.count).max() ?? 0
    var cost = ForwardCost()
    for variant in options.variants(choices: most) {
      let plan = try ProbePlan(
        model: model, questions: questions, demonstrations: demonstrations, options: variant)
      for items in [plan.items, plan.unconditional] where !items.isEmpty {
        let shared = options.prefixSharing ? ProbeItem.sharedPrefix(items).count : 0
        cost.add(tokens: shared, rows: 0, model.configuration)
        for item in items {
          cost.add(
            tokens: item.context.count - shared, behind: shared, rows: 1, model.configuration)
          for choice in item.continuations where choice.count > 1 {
            cost.add(
              tokens: choice.count - 1, behind: item.context.count, rows: choice.count - 1,
              model.configuration)
          }
        }
      }
    }
    return cost
  }
}
