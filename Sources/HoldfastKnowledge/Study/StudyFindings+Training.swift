import HoldfastStorage
import HoldfastTensor
import HoldfastTuning

extension StudyFindings.Training {
  init(
    _ result: TuningResult, _ examples: [TrainingExample], weightDistance: Double, model: TunedModel,
    path: String
  ) {
    self.init(
      model: model, rows: examples.count,
      targetTokens: examples.reduce(0) { $0 + $1.labels.count { $0 >= 0 } },
      losses: result.records.map(\.loss),
      learningRates: result.records.map(\.learningRate), gradientNorms: result.records.map(\.gradientNorm),
      divergences: result.records.compactMap(\.kl),
      weightDistance: weightDistance, path: path)
    keptStep = losses.count
  }

  /// Reads what `json` writes.
  init(reading record: String, model: TunedModel, path: String) throws(HoldfastError) {
    let node = JSONNode(try JSON.read(record), document: record)
    func numbers(_ key: ByteString) throws(HoldfastError) -> [Double] {
      try node.member(key).elements().map { element throws(HoldfastError) in try element.double() }
    }
    self.init(
      model: model, rows: try node.member("rows").int(), targetTokens: try node.member("target_tokens").int(),
      losses: try numbers("losses"), learningRates: try numbers("learning_rates"),
      gradientNorms: try numbers("gradient_norms"),
      divergences: try node.optional("kl") == nil ? [] : numbers("kl"),
      weightDistance: try node.member("weight_distance").double(),
      path: path)
    for element in try node.optional("drift")?.elements() ?? [] { drift.append(try DriftPoint(element)) }
    keptStep = try node.optional("kept_step")?.int() ?? losses.count
    stoppedEarly = try node.optional("stopped_early")?.bool() ?? false
  }

  /// Rows, target tokens, the curves and how far the weights went.
  var json: JSON {
    var json: JSON = [
      "model": .text(model.name), "group": .text(model.group.rawValue), "seed": .text(String(model.seed)),
      "rows": .int(rows), "target_tokens": .int(targetTokens), "steps": .int(losses.count),
      "initial_loss": .optional(losses.first), "final_loss": .optional(losses.last),
      "losses": .numbers(losses),
      "learning_rates": .numbers(learningRates), "gradient_norms": .numbers(gradientNorms),
      "weight_distance": .number(weightDistance), "weights": .text(path),
      "kept_step": .int(keptStep), "stopped_early": .bool(stoppedEarly),
    ]
    if !divergences.isEmpty { json.set("kl", .numbers(divergences)) }
    if !drift.isEmpty { json.set("drift", .array(drift.map(\.json))) }
    return json
  }
}
