import HoldfastModel
import HoldfastStorage
import HoldfastTensor

/// One run of a study: goes through the stages, computing those that are not complete.
final class StudyRunner {
  let specification: StudySpecification
  let directory: StudyDirectory
  let questions: StudyQuestions
  let modelSHA256: String
  let kernel = Runtime.shared.kernelName
  let plan: StudyPlan
  private let progress: ProgressHandler?
  private(set) var warnings: [String] = []
  private var stagesBegun = 0

  init(
    _ specification: StudySpecification, _ directory: StudyDirectory, progress: ProgressHandler?
  ) throws(HoldfastError) {
    self.specification = specification
    self.directory = directory
    self.progress = progress
    questions = try StudyQuestions(specification)
    let model = try Model.load(specification.model)
    modelSHA256 = try model.provenance.sha256()
    try specification.requireLearnableInstructions(for: model)
    plan = StudyPlan(specification)
    try plan.write(to: directory)
  }

  /// Computes, or reads, everything the study is about.
  func findings() throws(HoldfastError) -> StudyFindings {
    var findings = try beforeTuning()
    let tuner = StudyTuner(runner: self, groups: findings.groups, driftBaseline: findings.driftBaseline)
    try tuner.requireLearnable()
    try tuner.requireSpace()
    for model in plan.models {
      let (training, answers) = try tuner.tuneAndEvaluate(model)
      findings.training.append(training)
      findings.answers += answers
    }
    if let noise = specification.weightNoise {
      findings.noise = try StudyShaker(runner: self, noise: noise).twins(of: findings)
    }
    findings.warnings = warnings
    return findings
  }

  /// Removes stages that this study no longer has.
  func finish() throws(HoldfastError) {
    for name in try FileSystem.list(directory.stages) {
      let path = "\(directory.stages)/\(name.text)"
      if FileSystem.isDirectory(path), !plan.stages.contains(where: { directory.stage($0) == path }) {
        try StudyDirectory.removeTree(path)
      }
    }
  }

  /// Everything that needs the model before tuning; it is released behind this.
  private func beforeTuning() throws(HoldfastError) -> StudyFindings {
    let base = LazyModel(specification.model)
    let pool = try probe(
      StudyPlan.pool, base, questions.pool, specification.probe, modelName: "before",
      model: ["sha256": .text(modelSHA256)])
    let groups = try groups(pool, base)
    let drift = try questions.drift.map { set throws(HoldfastError) in
      try probe(
        StudyPlan.drift, base, set, specification.after, modelName: "before",
        model: ["sha256": .text(modelSHA256)])
    }
    var before: [Ledger] = []
    for (role, set) in zip(specification.evaluate, questions.roles) {
      before.append(
        try probe(
          StudyPlan.before(role), base, set, specification.probe(for: role), modelName: "before",
          model: ["sha256": .text(modelSHA256)]))
    }
    var floors: [NoiseFloor?] = []
    for (index, role) in specification.evaluate.enumerated() {
      floors.append(try floor(role, base, questions.roles[index], baseline: before[index]))
    }
    return StudyFindings(
      specification: specification, pool: pool, groups: groups, drops: questions.drops, before: before,
      questions: questions.roles, clusters: questions.roles.map(\.clusters), driftBaseline: drift,
      floors: floors)
  }

  /// The groups, with their general instructions, written to files together with where every row of the pool went.
  private func groups(_ pool: Ledger, _ base: LazyModel) throws(HoldfastError) -> GroupSet {
    var groups = try GroupSet(ledger: pool, questions: questions.pool, options: specification.groups)
    if specification.hasWriting { groups = try written(groups, base) }
    if let general = specification.general {
      let size = groups.groups.map(\.rows.count).max() ?? 0
      for place in groups.groups.indices {
        let isAlone = groups.options.recipe(groups.groups[place].name).rows == .none
        groups.groups[place].general = try general.rows(
          beside: isAlone ? groups.options.size ?? size : size, isAlone: isAlone)
      }
    }
    // The model's own template is not known without the model.
    let tokenizer = specification.after.template == nil ? nil : try base.get().tokenizer
    for group in groups.groups {
      let lines = try group.jsonLines(specification.after, tokenizer: tokenizer)
      try AtomicFile.write(lines, to: directory.rows(group.name))
    }
    let assignment = try groups.assignment(of: pool)
    try AtomicFile.write(assignment.csv(), to: directory.assignment + ".csv")
    try AtomicFile.write(assignment.jsonLines(), to: directory.assignment + ".jsonl")
    return groups
  }

  /// The groups with what the model wrote for them.
  private func written(_ groups: GroupSet, _ base: LazyModel) throws(HoldfastError) -> GroupSet {
    let requests = groups.requests(specification.after)
    var decisive = specification.writing.json
    decisive.set("batch_size", .null)
    var stage = try open(
      StudyPlan.writing,
      depends: [
        "sha256": .text(modelSHA256), "options": decisive,
        "prompts": .text(SHA256.hex(Array(requests.map { "\($0.id)\n\($0.prompt)\n" }.joined().utf8))),
      ])
    let store = try WritingStore(stage.file("segments"))
    let filled = try place(stage.name) { () throws(HoldfastError) in
      var written = try store.complete(requests) ?? []
      if written.count < requests.count {
        written = try Writer.run(
          base.get(), requests, options: specification.writing, store: store, stage: stage.name,
          progress: reporter())
      }
      let filled = groups.filled(with: written, specification.after)
      return filled.needsFilter ? try filled.filtered(base.get(), specification.after) : filled
    }
    if !stage.isDone { try stage.finish() }
    return filled
  }

  private func floor(
    _ role: StudySpecification.Role, _ base: LazyModel, _ set: QuestionSet, baseline: Ledger
  ) throws(HoldfastError) -> NoiseFloor? {
    guard let floor = specification.floor, floor.roles?.contains(role.role) ?? true else { return nil }
    let name = StudyPlan.floor(role)
    let asked = set.prefix(floor.limit)
    var stage = try open(
      name,
      depends: [
        "sha256": .text(modelSHA256), "questions": .text(asked.digest),
        "probe": specification.probe(for: role).decisiveJSON,
        "prompts": .int(floor.prompts), "demonstrations": demonstrationsJSON,
      ])
    // Complete prompts are read from their stores, so a complete stage computes nothing here.
    let result = try place(name) { () throws(HoldfastError) in
      try NoiseFloor.measure(
        base.get(), asked, demonstrations: questions.demonstrations, options: specification.probe(for: role),
        baseline: baseline,
        prompts: floor.prompts, stage: name,
        store: { alternative throws(HoldfastError) in
          try LedgerStore(stage.file(StudyDirectory.plain(alternative)))
        }, progress: stage.isDone ? nil : reporter())
    }
    if !stage.isDone { try stage.finish() }
    return result
  }

  /// The answers of a model to a set: read when the stage is complete, else computed.
  func probe(
    _ name: String, _ model: LazyModel, _ set: QuestionSet, _ options: ProbeOptions, modelName: String,
    model key: JSON
  ) throws(HoldfastError) -> Ledger {
    var stage = try open(
      name,
      depends: [
        "model": key, "questions": .text(set.digest), "probe": options.decisiveJSON,
        "demonstrations": options.shots > 0 ? demonstrationsJSON : .null,
      ])
    let path = stage.file("ledger.h5")
    if stage.isDone, FileSystem.exists(path) { return try Ledger.load(path) }
    let store = try LedgerStore(stage.file("segments"))
    let ledger = try place(name) { () throws(HoldfastError) in
      try Probe.run(
        model.get(), set, demonstrations: questions.demonstrations, options: options, modelName: modelName,
        store: store,
        stage: name, progress: reporter())
    }
    try ledger.save(to: path)
    try stage.finish()
    try store.removeAll()
    return ledger
  }

  /// Opens a stage, counts it, and warns when it was computed with other kernels.
  func open(_ name: String, depends: JSON) throws(HoldfastError) -> Stage {
    stagesBegun += 1
    let stage = try Stage(name, in: directory, depends: depends, kernel: kernel)
    if stage.kernel != kernel {
      warnings.append(
        "stage '\(name)' was computed with the kernels '\(stage.kernel)', this run uses '\(kernel)'")
    }
    return stage
  }

  /// A handler that adds the stage's number to what it passes on.
  func reporter() -> ProgressHandler? {
    guard let progress else { return nil }
    let number = "stage \(stagesBegun) of \(plan.stages.count)"
    return { report in
      var report = report
      report.detail = report.detail.isEmpty ? number : "\(number), \(report.detail)"
      return progress(report)
    }
  }

  /// Runs `body`; its errors name the stage.
  func place<Result>(_ stage: String, _ body: () throws(HoldfastError) -> Result) throws(HoldfastError)
    -> Result
  {
    do throws(HoldfastError) { return try body() } catch { throw error.at(stage) }
  }

  private var demonstrationsJSON: JSON { questions.demonstrations.map { .text($0.digest) } ?? .null }
}

/// A model that is loaded, or made, when it is first needed.
final class LazyModel {
  private let make: () throws(HoldfastError) -> Model
  private var model: Model?

  init(_ make: @escaping () throws(HoldfastError) -> Model) { self.make = make }

  convenience init(_ path: String) {
    self.init { () throws(HoldfastError) in try Model.load(path) }
  }

  func get() throws(HoldfastError) -> Model {
    if let model { return model }
    let made = try make()
    model = made
    return made
  }
}
