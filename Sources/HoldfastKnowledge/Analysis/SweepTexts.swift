import HoldfastModel
import HoldfastStorage
import HoldfastTensor

/// What a patching sweep is asked for, and its result as JSON.
struct SweepTexts {
  let clean, corrupted: [Int32]
  let site: Site.Kind
  let byHead: Bool
  let metric: AnswerMetric

  init(_ request: AnalysisRequest, _ model: Model) throws(HoldfastError) {
    let node = request.node
    clean = try request.text("clean", model)
    corrupted = try request.text("corrupted", model)
    let other = try node.optional("other").map { node throws(HoldfastError) in
      try request.token(node, model)
    }
    let kind: AnswerMetric.Kind =
      try node.optional("metric").map { node throws(HoldfastError) in try node.option() }
      ?? (other == nil ? .probability : .logitDifference)
    metric = AnswerMetric(kind, answer: try request.token(node.member("answer"), model), other: other)
    site = try request.site(default: .residPre)
    byHead = try node.optional("by_head")?.bool() ?? false
  }

  /// Patches, one after the other.
  func sweep(_ model: Model, _ progress: ProgressHandler?) throws(HoldfastError) -> PatchingSweep {
    try model.makeSession().patchingSweep(
      clean: clean, corrupted: corrupted, kind: site, byHead: byHead, metric: metric, progress: progress)
  }

  func json(_ sweep: PatchingSweep, shown: ([Int32]) -> JSON) -> JSON {
    [
      "clean_tokens": shown(clean), "corrupted_tokens": shown(corrupted), "site": .text(sweep.kind.rawValue),
      "metric": .text(metric.kind.rawValue), "clean": .number(sweep.clean),
      "corrupted": .number(sweep.corrupted),
      "values": .array(sweep.values.map { .numbers($0) }),
      "restored": .array(sweep.restored.map { .numbers($0) }),
    ]
  }
}
