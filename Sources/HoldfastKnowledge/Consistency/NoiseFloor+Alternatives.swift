import HoldfastText

extension NoiseFloor {
  /// One way to ask the same question otherwise.
  struct Alternative {
    var source: String
    var variant: String
    var options: ProbeOptions
  }

  /// Alternatives to a probe, taking turns between the sources it allows: demonstration sets (where it shows
  /// demonstrations and there are several), rotations (letters), wordings (cloze) and templates.
  static func alternatives(to options: ProbeOptions, demonstrations: Int, choices: Int) -> [Alternative] {
    var sources: [[Alternative]] = []
    if options.shots > 0, demonstrations > 1, options.demonstrationSets == 1 {
      sources.append(
        (1...UInt64(32)).map { step in
          Alternative(
            source: "demonstrations", variant: "seed \(options.seed &+ step)",
            options: options.with { $0.seed &+= step })
        })
    }
    switch options.probe {
    case .letter where options.averagesRotations: break
    case .letter:
      sources.append(
        (1..<max(choices, 2)).filter { $0 != options.rotation }.map { rotation in
          Alternative(
            source: "rotation", variant: "by \(rotation)", options: options.with { $0.rotation = rotation })
        })
    case .cloze:
      sources.append(
        Wording.allCases.filter { $0 != options.wording }.map { wording in
          Alternative(
            source: "wording", variant: wording.rawValue, options: options.with { $0.wording = wording })
        })
    }
    let templates: [String?] = ["vicuna", "chatml", "alpaca", "llama-2"]
    sources.append(
      templates.filter { $0 != options.template }.map { template in
        Alternative(
          source: "template", variant: template ?? "none", options: options.with { $0.template = template })
      })
    return interleaved(sources)
  }

  private static func interleaved(_ sources: [[Alternative]]) -> [Alternative] {
    var chosen: [Alternative] = []
    for turn in 0..<(sources.map(\.count).max() ?? 0) {
      for source in sources where turn < source.count { chosen.append(source[turn]) }
    }
    return chosen
  }
}

extension ProbeOptions {
  /// A copy with something changed.
  func with(_ change: (inout ProbeOptions) -> Void) -> ProbeOptions {
    var copy = self
    change(&copy)
    return copy
  }
}
