public import HoldfastStorage
public import HoldfastTensor
import HoldfastTuning

extension StudySpecification {
  /// Reads a description.
  ///
  /// Throws an error that names the document and the key when something is missing, unknown or out of range.
  ///
  /// - Parameter baseDirectory: where relative paths start.
  public init(_ node: JSONNode, baseDirectory: String) throws(HoldfastError) {
    let path = { (node: JSONNode) throws(HoldfastError) -> String in
      try PathText.resolved(node, baseDirectory: baseDirectory)
    }
    name = try Self.name(node.member("name"))
    output =
      try node.optional("output").map { value throws(HoldfastError) in try path(value) } ?? "runs/\(name)"
    model = try path(node.member("model"))
    pool = try QuestionSource(node.member("pool"), path: path)
    evaluate = []
    for element in try node.member("evaluate").elements() { evaluate.append(try Role(element, path: path)) }
    if let value = try node.optional("mode") { mode = try value.option() }
    var contrastsNode: JSONNode?
    var probeNode: JSONNode?
    var afterNode: JSONNode?
    for (key, value) in try node.members() {
      switch key {
      case "name", "output", "model", "pool", "evaluate", "mode": break
      case "probe": probeNode = value
      case "after": afterNode = value.json.isNull ? nil : value
      case "seed": seeds = [try value.seed()]
      case "seeds": seeds = try value.elements().map { element throws(HoldfastError) in try element.seed() }
      case "demonstrations":
        let sources = value.json.arrayValue == nil ? [value] : try value.elements()
        demonstrations =
          try value.json.isNull
          ? [] : sources.map { source throws(HoldfastError) in try QuestionSource(source, path: path) }
      case "groups": groups = try GroupOptions(value)
      case "general": general = value.json.isNull ? nil : try GeneralInstructions(value, path: path)
      case "writing": writing = try WritingOptions(value)
      case "tune": tune = try TuningOptions(json: value.json, source: value.document + value.path)
      case "checkpoint_steps": checkpointSteps = try value.int(in: 1...1_000_000)
      case "drift": drift = value.json.isNull ? nil : try DriftOptions(value, path: path)
      case "noise_floor": floor = value.json.isNull ? nil : try Floor(value)
      case "weight_noise": weightNoise = value.json.isNull ? nil : try WeightNoise(value)
      case "statistics": try readStatistics(value)
      case "contrasts": contrastsNode = value
      default: throw value.unknown(key)
      }
    }
    try readProbes(probeNode, afterNode)
    for (place, element) in try node.member("evaluate").elements().enumerated() {
      guard let own = try element.optional("probe") else {
        evaluate[place].after = try element.optional("after").map { value throws(HoldfastError) in
          try ProbeOptions(value, base: after)
        }
        continue
      }
      evaluate[place].probe = try ProbeOptions(own, base: probe)
      let tuned = try ProbeOptions(own, base: after)
      evaluate[place].after =
        try element.optional("after").map { value throws(HoldfastError) in
          try ProbeOptions(value, base: tuned)
        } ?? tuned
    }
    contrasts =
      try contrastsNode.map { value throws(HoldfastError) in
        try Self.contrasts(value, defined: groups.define.map(\.name))
      } ?? defaultContrasts
    try validate(node)
  }

  /// A name that can be a directory's.
  static func name(_ node: JSONNode) throws(HoldfastError) -> String {
    let name = try node.text()
    guard !name.isEmpty, !name.hasPrefix("."), name.utf8.allSatisfy(isPlain) else {
      throw node.wrong(
        "is '\(name)'; a name is made of letters A to Z, digits, '-', '_' and '.', not first a '.'")
    }
    return name
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private mutating func readProbes(_ probeNode: JSONNode?, _ afterNode: JSONNode?) throws(HoldfastError) {
    let base = mode == .paper ? ProbeOptions.paper(domain: nil) : ProbeOptions()
    probe = try probeNode.map { value throws(HoldfastError) in try ProbeOptions(value, base: base) } ?? base
    var start = probe
    if mode == .paper {
      start.shots = 0
      start.template = "vicuna"
    }
    after = try afterNode.map { value throws(HoldfastError) in try ProbeOptions(value, base: start) } ?? start
  }

  private mutating func readStatistics(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() {
      switch key {
      case "resamples": bootstrap.resamples = try value.int(in: 100...10_000_000)
      case "confidence":
        bootstrap.level = try value.double()
        guard bootstrap.level > 0, bootstrap.level < 1 else { throw value.wrong("must lie between 0 and 1") }
      case "seed": bootstrap.seed = try value.seed()
      case "method": bootstrap.method = try value.option()
      case "min_consistency":
        minConsistency = try value.double()
        guard (-1...1).contains(minConsistency) else { throw value.wrong("must lie in -1 … 1") }
      default: throw value.unknown(key)
      }
    }
  }

  private static func contrasts(_ node: JSONNode, defined: [GroupName]) throws(HoldfastError) -> [Contrast] {
    try node.elements().map { pair throws(HoldfastError) in
      let names = try pair.elements().map { element throws(HoldfastError) in
        try GroupName(element.text(), defined: defined)
      }
      guard names.count == 2, names[0] != names[1] else { throw pair.wrong("must be two different groups") }
      return Contrast(first: names[0], second: names[1])
    }
  }

  private var defaultContrasts: [Contrast] {
    let all = [
      Contrast(first: .harmonious, second: .incompatible),
      Contrast(first: .selfAligning, second: .incompatible),
    ]
    return all.filter { groups.names.contains($0.first) && groups.names.contains($0.second) }
  }

  private func validate(_ node: JSONNode) throws(HoldfastError) {
    guard !evaluate.isEmpty else { throw node.wrong(".evaluate must name at least one role") }
    guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
      throw node.wrong(".seeds must be different numbers, at least one")
    }
    for (index, role) in evaluate.enumerated()
    where evaluate[..<index].contains(where: { $0.role == role.role }) {
      throw node.wrong(".evaluate names the role '\(role.role)' twice")
    }
    for name in floor?.roles ?? [] where !evaluate.contains(where: { $0.role == name }) {
      throw node.wrong(".noise_floor.roles names '\(name)', which is no role of .evaluate")
    }
    for contrast in contrasts {
      for name in [contrast.first, contrast.second] where !groups.names.contains(name) {
        throw node.wrong(".contrasts names \(name.rawValue), which .groups does not build")
      }
    }
    try validateGroups(node)
    let asked = [probe, after] + evaluate.flatMap { [probe(for: $0), after(for: $0)] }
    for options in asked where options.shots > 0 && demonstrations.isEmpty {
      throw node.wrong(".demonstrations is missing: the probe shows \(options.shots) of them")
    }
  }
}

extension StudySpecification {
  /// Throws for groups that cannot be what their recipes say.
  private func validateGroups(_ node: JSONNode) throws(HoldfastError) {
    for name in groups.names {
      let recipe = groups.recipe(name)
      if recipe.rows == .none, general == nil {
        throw node.wrong(".general is missing: \(name.rawValue) trains general instructions alone")
      }
      if after.probe == .cloze, [.rewritten, .revised].contains(recipe.explanation) {
        throw node.wrong(
          ".groups: \(name.rawValue) rewrites explanations, which cloze rows do not train; take the letter probe"
        )
      }
    }
  }
}

extension StudySpecification.Role {
  init(_ node: JSONNode, path: (JSONNode) throws(HoldfastError) -> String) throws(HoldfastError) {
    role = try node.member("role").text()
    guard !role.isBlank, !role.utf8.contains(UInt8(ascii: "/")), !role.hasPrefix("."), !role.utf8.contains(0),
      role != "pool", role != "drift"
    else {
      throw try node.member("role").wrong(
        "is '\(role)'; a role is a name without '/', and neither 'pool' nor 'drift'")
    }
    name = try node.optional("name")?.text() ?? role
    source = try QuestionSource(node, others: ["role", "name", "probe", "after"], role: role, path: path)
  }
}

extension StudySpecification.Floor {
  init(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() {
      switch key {
      case "prompts": prompts = try value.int(in: 1...1000)
      case "limit": limit = try value.int(in: 1...Int(Int32.max))
      case "roles": roles = try value.elements().map { element throws(HoldfastError) in try element.text() }
      default: throw value.unknown(key)
      }
    }
  }
}
