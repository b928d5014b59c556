import HoldfastStorage
import HoldfastTensor

/// The stages of a study, in the order they are gone through.
struct StudyPlan {
  let name: String
  let models: [TunedModel]
  let stages: [String]

  init(_ specification: StudySpecification) {
    name = specification.name
    models = specification.groups.names.flatMap { group in
      specification.seeds.map {
        TunedModel(group: group, seed: $0, isOneOfSeveral: specification.seeds.count > 1)
      }
    }
    let roles = specification.evaluate
    let floors = roles.filter { role in
      specification.floor.map { $0.roles?.contains(role.role) ?? true } ?? false
    }
    stages =
      [Self.pool] + (specification.hasWriting ? [Self.writing] : [])
      + (specification.drift == nil ? [] : [Self.drift]) + roles.map(Self.before)
      + floors.map(Self.floor)
      + models.flatMap { model in [Self.tune(model)] + roles.map { Self.after(model, $0) } }
      + (specification.weightNoise == nil
        ? []
        : specification.correlatedGroups.flatMap { group in
          [Self.noise(group)] + roles.map { Self.noise(group, $0) }
        })
  }

  static let pool = "probe pool"
  static let drift = "probe before drift"
  static let writing = "write texts"
  static func before(_ role: StudySpecification.Role) -> String { "probe before \(role.role)" }
  static func floor(_ role: StudySpecification.Role) -> String { "noise floor \(role.role)" }
  static func tune(_ model: TunedModel) -> String { "tune \(model.name)" }
  static func after(_ model: TunedModel, _ role: StudySpecification.Role) -> String {
    "probe \(model.name) \(role.role)"
  }
  static func noise(_ group: GroupName) -> String { "weight noise \(group.rawValue)" }
  static func noise(_ group: GroupName, _ role: StudySpecification.Role) -> String {
    "probe weight noise \(group.rawValue) \(role.role)"
  }

  /// Writes the plan for whoever asks how far the study is.
  func write(to directory: StudyDirectory) throws(HoldfastError) {
    let json: JSON = ["name": .text(name), "stages": .array(stages.map { .text($0) })]
    try AtomicFile.write(json.serialized(pretty: true), to: directory.plan)
  }
}
