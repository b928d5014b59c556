import HoldfastStorage
import HoldfastTensor

extension StudyResult {
  /// Writes configuration, sentences, ledgers, questions, groups, curves and statistics; `docs/study.md` lists the paths.
  func write(to root: HDF5Group) throws(HoldfastError) {
    let specification = findings.specification
    try root.setAttribute("name", .text(ByteString(specification.name)))
    try root.setAttribute("mode", .text(ByteString(specification.mode.rawValue)))
    try root.setAttribute("source_model", .text(ByteString(findings.pool.settings.modelPath)))
    try root.setAttribute("source_model_sha256", .text(ByteString(findings.pool.settings.modelSHA256)))
    try root.write("configuration", strings: [ByteString(configuration.serialized(pretty: true))], axes: [])
    try root.write("result", strings: [ByteString(json.serialized())], axes: [])
    try root.write(
      "summary", strings: sentences.map { ByteString($0) }, axes: [HDF5Axis("sentence", sentences.count)])
    try root.write(
      "departures_from_the_paper", strings: departures.map { ByteString($0) },
      axes: [HDF5Axis("departure", departures.count)])
    try writeLedgers(root.makeGroup("ledgers"))
    try writeQuestions(root.makeGroup("questions"))
    let groups = try root.makeGroup("groups")
    for group in findings.groups.groups {
      try group.table().write(to: groups.makeGroup(ByteString(group.name.rawValue)))
    }
    try findings.groups.assignment(of: findings.pool).write(to: groups.makeGroup("assignment"))
    let training = try root.makeGroup("training")
    for run in findings.training {
      var table = Table(axis: "step")
      try table.add("loss", .double(run.losses))
      try table.add("learning_rate", .double(run.learningRates))
      try table.add("gradient_norm", .double(run.gradientNorms))
      if !run.divergences.isEmpty { try table.add("kl", .double(run.divergences)) }
      let group = try training.makeGroup(ByteString(run.model.name))
      try table.write(to: group)
      try group.setAttribute("rows", .integer(Int64(run.rows)))
      try group.setAttribute("target_tokens", .integer(Int64(run.targetTokens)))
      try group.setAttribute("weight_distance", .number(run.weightDistance))
      try group.setAttribute("kept_step", .integer(Int64(run.keptStep)))
      if !run.drift.isEmpty { try Self.driftTable(run.drift).write(to: group.makeGroup("drift")) }
    }
    if !findings.noise.isEmpty { try writeNoise(root.makeGroup("weight_noise")) }
    try writeStatistics(root.makeGroup("statistics"))
  }

  private func writeNoise(_ noise: HDF5Group) throws(HoldfastError) {
    for twin in findings.noise {
      let group = try noise.makeGroup(ByteString(twin.group.rawValue))
      try group.setAttribute("scale", .number(twin.match.scale))
      try group.setAttribute("target_kl", .number(twin.target))
      try group.setAttribute("kl", .number(twin.match.divergence))
      for (role, ledger) in zip(findings.specification.evaluate, twin.ledgers) {
        try ledger.write(to: group.makeGroup(ByteString(role.role)))
      }
    }
  }

  private func writeLedgers(_ ledgers: HDF5Group) throws(HoldfastError) {
    let roles = findings.specification.evaluate.map { ByteString($0.role) }
    let before = try ledgers.makeGroup("before")
    try findings.pool.write(to: before.makeGroup("pool"))
    for (role, ledger) in zip(roles, findings.before) { try ledger.write(to: before.makeGroup(role)) }
    for run in findings.training {
      let group = try ledgers.makeGroup(ByteString(run.model.name))
      for answer in findings.answers where answer.model == run.model {
        try answer.ledger.write(to: group.makeGroup(roles[answer.role]))
      }
    }
  }

  private func writeStatistics(_ statistics: HDF5Group) throws(HoldfastError) {
    try accuracyTable().write(to: statistics.makeGroup("accuracy"))
    try consistencyTable().write(to: statistics.makeGroup("consistency"))
    if !floors.isEmpty { try floorTable().write(to: statistics.makeGroup("noise_floor")) }
    if let null { try null.table().write(to: statistics.makeGroup("weight_noise")) }
    if !contrasts.isEmpty { try contrastTable().write(to: statistics.makeGroup("contrasts")) }
  }

  private static func driftTable(_ points: [DriftPoint]) throws(HoldfastError) -> Table {
    var table = Table(axis: "measurement")
    try table.add("step", .int64(points.map { Int64($0.step) }))
    try table.add("rank_pearson", .double(points.map(\.consistency)))
    try table.add("kl", .double(points.map(\.divergence)))
    try table.add("same_top1", .double(points.map(\.sameTop1)))
    try table.add("accuracy", .double(points.map(\.accuracy)))
    return table
  }

  private func accuracyTable() throws(HoldfastError) -> Table {
    var table = Table(axis: "outcome")
    try table.add("model", .text(outcomes.map { ByteString($0.model) }))
    try table.add("role", .text(outcomes.map { ByteString($0.role) }))
    try table.add("items", .int64(outcomes.map { Int64($0.accuracy.count) }))
    try table.add("accuracy", .double(outcomes.map(\.accuracy.value)))
    try table.add("lower", .double(outcomes.map(\.accuracy.interval.lower)))
    try table.add("upper", .double(outcomes.map(\.accuracy.interval.upper)))
    try table.add("ece", .double(outcomes.map(\.calibration.expectedError)))
    try table.add("brier", .double(outcomes.map(\.calibration.brier)))
    return table
  }

  private func consistencyTable() throws(HoldfastError) -> Table {
    let rows = outcomes.flatMap { outcome in outcome.consistency.map { (outcome, $0) } }
    var table = Table(axis: "measurement")
    try table.add("model", .text(rows.map { ByteString($0.0.model) }))
    try table.add("role", .text(rows.map { ByteString($0.0.role) }))
    try table.add("measure", .text(rows.map { ByteString($0.1.measure.rawValue) }))
    try table.add("mean", .double(rows.map(\.1.mean.value)))
    try table.add("lower", .double(rows.map(\.1.mean.interval.lower)))
    try table.add("upper", .double(rows.map(\.1.mean.interval.upper)))
    try table.add("median", .double(rows.map(\.1.median)))
    try table.add("undefined", .int64(rows.map { Int64($0.1.undefined) }))
    return table
  }

  private func floorTable() throws(HoldfastError) -> Table {
    let rows = floors.flatMap { role, floor in floor.prompts.map { (role, $0) } }
    var table = Table(axis: "prompt")
    try table.add("role", .text(rows.map { ByteString($0.0) }))
    try table.add("source", .text(rows.map { ByteString($0.1.source) }))
    try table.add("variant", .text(rows.map { ByteString($0.1.variant) }))
    try table.add("rank_pearson", .double(rows.map(\.1.mean)))
    try table.add("kl", .double(rows.map(\.1.divergence)))
    try table.add("accuracy", .double(rows.map { $0.1.accuracy ?? .nan }))
    return table
  }

  private func contrastTable() throws(HoldfastError) -> Table {
    var table = Table(axis: "contrast")
    try table.add("first", .text(contrasts.map { ByteString($0.first.rawValue) }))
    try table.add("second", .text(contrasts.map { ByteString($0.second.rawValue) }))
    try table.add("role", .text(contrasts.map { ByteString($0.role) }))
    try table.add("difference", .double(contrasts.map(\.difference.value)))
    try table.add("lower", .double(contrasts.map(\.difference.interval.lower)))
    try table.add("upper", .double(contrasts.map(\.difference.interval.upper)))
    try table.add("p", .double(contrasts.map(\.p)))
    try table.add("p_holm", .double(contrasts.map(\.adjustedP)))
    try table.add("p_benjamini_hochberg", .double(contrasts.map(\.discoveryP)))
    try table.add("cohens_h", .double(contrasts.map(\.cohensH)))
    try table.add("minimum_detectable_difference", .double(contrasts.map(\.minimumDetectable)))
    try table.add("decides", .bool(contrasts.map { $0.verdict == .decides }))
    return table
  }
}

extension Group {
  /// The rows on the axis `item`.
  func table() throws(HoldfastError) -> Table {
    var table = Table(axis: "item")
    try table.add("id", .text(rows.map { ByteString($0.question.id) }))
    try table.add("question", .text(rows.map { ByteString($0.question.question) }))
    try table.add("trained", .text(rows.map { ByteString($0.question.choices[$0.label]) }))
    try table.add("label", .int32(rows.map { Int32(clamping: $0.label) }))
    try table.add("gold", .int32(rows.map { Int32(clamping: $0.question.answer ?? -1) }))
    try table.add("predicted", .int32(rows.map { Int32(clamping: $0.predicted) }))
    try table.add("confidence", .double(rows.map(\.confidence)))
    try table.add("ledger_row", .int64(rows.map { Int64($0.ledgerRow) }))
    try table.add("matched_to", .text(rows.map { ByteString($0.matchedTo ?? "") }))
    try table.add("explanation", .text(rows.map { ByteString($0.explanation ?? "") }))
    try table.add("context", .text(rows.map { ByteString($0.context ?? "") }))
    try table.add(
      "said", .text(rows.map { ByteString([$0.refusal, $0.certainty].compactMap { $0 }.joined()) }))
    try table.add("reason", .text(rows.map { ByteString($0.reason) }))
    return table
  }
}
