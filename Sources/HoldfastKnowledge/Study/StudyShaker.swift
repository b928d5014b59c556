import HoldfastModel
import HoldfastStorage
import HoldfastTensor

/// The part of a study's run that damages the model at random, once for each group, and asks what is left.
struct StudyShaker {
  let runner: StudyRunner
  let noise: WeightNoise

  private var specification: StudySpecification { runner.specification }

  /// The twins of all groups that correlations rest on.
  func twins(of findings: StudyFindings) throws(HoldfastError) -> [StudyFindings.NoiseTwin] {
    let base = try Model.load(specification.model)
    var twins: [StudyFindings.NoiseTwin] = []
    for group in specification.correlatedGroups {
      let target = Self.divergence(
        findings.ledgers(group, role: 0), from: findings.before[0], first: noise.limit)
      let (match, key) = try match(group, base, findings.before[0], target: target)
      let shaken = LazyModel { () throws(HoldfastError) in
        try noise.model(base, scale: match.scale, id: group.rawValue)
      }
      var ledgers: [Ledger] = []
      for (index, role) in specification.evaluate.enumerated() {
        ledgers.append(
          try runner.probe(
            StudyPlan.noise(group, role), shaken, runner.questions.roles[index],
            specification.after(for: role),
            modelName: StudyPlan.noise(group), model: ["noise": .text(key)]))
      }
      twins.append(StudyFindings.NoiseTwin(group: group, target: target, match: match, ledgers: ledgers))
    }
    return twins
  }

  /// The scale whose answers to the first role's questions diverge as much as the group's did: read when it is known.
  private func match(
    _ group: GroupName, _ base: Model, _ before: Ledger, target: Double
  ) throws(HoldfastError) -> (WeightNoise.Match, key: String) {
    let role = specification.evaluate[0]
    let asked = runner.questions.roles[0].prefix(noise.limit)
    let options = specification.after(for: role)
    var stage = try runner.open(
      StudyPlan.noise(group),
      depends: [
        "sha256": .text(runner.modelSHA256), "options": noise.json, "target": .number(target),
        "questions": .text(asked.digest), "probe": options.decisiveJSON,
        "demonstrations": runner.questions.demonstrations.map { .text($0.digest) } ?? .null,
      ])
    let record = stage.file("noise.json")
    if stage.isDone, FileSystem.exists(record) { return (try WeightNoise.Match(reading: record), stage.key) }
    var trial = 0
    let reporter = runner.reporter()
    let match = try runner.place(stage.name) { () throws(HoldfastError) in
      try noise.match(target) { scale throws(HoldfastError) in
        trial += 1
        let number = trial
        let ledger = try Probe.run(
          noise.model(base, scale: scale, id: group.rawValue), asked,
          demonstrations: runner.questions.demonstrations,
          options: options, stage: stage.name
        ) { report in
          var report = report
          report.detail = "trial \(number)"
          return reporter?(report) ?? true
        }
        return Self.divergence([ledger], from: before, first: noise.limit)
      }
    }
    try AtomicFile.write(match.json.serialized(pretty: true), to: record)
    try stage.finish()
    return (match, stage.key)
  }

  /// The mean KL(before‖after) in nats over seeds and the first items.
  static func divergence(_ ledgers: [Ledger], from before: Ledger, first count: Int) -> Double {
    Statistics.mean(
      ledgers.flatMap { ledger in
        zip(before.rows, ledger.rows).prefix(count).map {
          Statistics.kullbackLeibler($0.choiceLogProbabilities, $1.choiceLogProbabilities)
        }
      })
  }
}

extension WeightNoise.Match {
  /// Reads what `json` writes.
  init(reading record: String) throws(HoldfastError) {
    let node = JSONNode(try JSON.read(record), document: record)
    scale = try node.member("scale").double()
    divergence = try node.member("kl").double()
  }

  /// Both numbers.
  var json: JSON { ["scale": .number(scale), "kl": .number(divergence)] }
}
