import HoldfastModel

extension Trainer {
  /// The floating-point operations that a step needs, forward and backward.
  ///
  /// A product's gradient takes one product for its input and, where its weights are tuned, one for them; attention's takes
  /// twice as much as attention. An adapter's parameters take part in three products of two operations each for a token.
  /// Logits are counted at the targets alone.
  public func cost(ofStep index: Int) -> Double {
    var cost = ForwardCost()
    var plan = plan
    for example in plan.batch(step: index) {
      let sequence = sequences[example]
      cost.add(tokens: sequence.tokens.count, rows: sequence.targetCount, model.configuration)
    }
    let isAdapter = options.adapter != nil
    let adapter = isAdapter ? 6 * Double(cost.tokens) * Double(parameters.count) : 0
    return (isAdapter ? 2 : 3) * (cost.projections + cost.output) + 3 * cost.attention + adapter
  }
}
