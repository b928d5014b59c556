extension StudyResult {
  /// What the numbers say, in sentences that follow from them alone.
  public var sentences: [String] {
    contrasts.map(\.sentence) + consistencySentences + correlationSentences
      + (null?.sentences(beside: correlations) ?? []) + driftSentences
      + headroomSentences + caveats
  }

  /// Each group on each role: where its consistency lies.
  private var consistencySentences: [String] {
    outcomes.compactMap { outcome in
      guard let consistency = outcome[.rankPearson]?.mean else { return nil }
      let gate = Gate(rule: .absolute, bound: findings.specification.minConsistency, consistency: consistency)
      var sentence = "\(outcome.model) on \(outcome.role): the gate \(gate.sentence)"
      if let level = floors.first(where: { $0.role == outcome.role })?.floor.overall {
        let floor = Gate(rule: .noiseFloor, bound: level.lowQuantile, consistency: consistency)
        switch floor.verdict {
        case .passes: sentence += "; it changed no more than a change of prompt does"
        case .fails: sentence += "; it changed more than any change of prompt explains"
        case .undecided: sentence += "; whether it changed more than a change of prompt does is undecided"
        }
        sentence +=
          " (noise floor: mean \(level.mean.fixed(3)), 2.5 % quantile \(level.lowQuantile.fixed(3)))"
      }
      return sentence + "."
    }
  }

  private var correlationSentences: [String] {
    guard let whole = correlations.first, let partial = whole.partial else { return [] }
    return [
      "Over \(whole.count) groups and roles the partial rank correlation of consistency with accuracy, given the accuracy "
        + "before, is \(partial.value.fixed(3)) [\(partial.interval.lower.fixed(3)), "
        + "\(partial.interval.upper.fixed(3))]; accuracies permuted within roles correlate as strongly with p "
        + "\(whole.permutation.p.fixed(3))."
        + (partial.value > 0 ? " A part of it is mechanical: any damage lowers both." : "")
    ]
  }

  /// Each group's curve, its seeds averaged over the steps that all of them reached; single ends only where they differ.
  private var driftSentences: [String] {
    findings.specification.groups.names.compactMap { group in
      let runs = findings.training.filter { $0.model.group == group && !$0.drift.isEmpty }
      guard let first = runs.first else { return nil }
      let length = runs.map(\.drift.count).min() ?? 0
      let curve = first.drift.prefix(length).enumerated().map { place, point in
        "\(point.step): \(Statistics.mean(runs.map { $0.drift[place].consistency }).fixed(3))"
      }
      let over = runs.count > 1 ? ", mean of \(runs.count) seeds" : ""
      let ends = runs.filter { $0.stoppedEarly || $0.keptStep != $0.losses.count }.map { run in
        " \(run.model.name) \(run.stoppedEarly ? "stopped early" : "ran to the end") and keeps step \(run.keptStep)."
      }
      return "\(group.rawValue): consistency by step of tuning\(over): \(curve.joined(separator: ", "))."
        + ends.joined()
    }
  }

  private var headroomSentences: [String] {
    zip(findings.specification.evaluate, findings.before).filter { $0.1.hasNoHeadroom }.map { role, _ in
      "\(role.role): no headroom; before tuning the interval of the accuracy includes chance, so damage cannot show there."
    }
  }

  private var caveats: [String] {
    var list: [String] = []
    if findings.specification.seeds.count == 1 {
      list.append("One seed: intervals cover the choice of questions, not the order of training rows.")
    }
    if !findings.specification.comparesIdenticalPrompts {
      list.append(
        "The prompt changes together with the model, so consistency includes what the change of prompt does.")
    }
    return list
  }

  /// In what the study differs from the paper's, in words.
  public var departures: [String] {
    let specification = findings.specification
    var list = specification.probe.departures
    if specification.comparesIdenticalPrompts {
      list.append(
        "before and after are asked with identical prompts, where the paper changes the prompt together with the model"
      )
    }
    if specification.mode == .default {
      list.append("items whose rank correlation is undefined are left out, where the paper counts 0")
    }
    if !specification.groups.match.isEmpty, specification.groups.names.contains(.harmonious) {
      list.append("HARMONIOUS is matched to INCOMPATIBLE, where the paper's choice is not published")
    }
    if specification.after.template != "vicuna" {
      list.append("training rows are not put into the Vicuna template")
    }
    if specification.general == nil {
      list.append("no general instruction data is mixed in")
    } else if specification.general?.share != 0.5 {
      list.append("another share of general instructions than one half")
    }
    if specification.probe.probe == .cloze { list.append("answers are trained without explanations") }
    list.append("float32 training, where the paper uses bfloat16 autocast")
    return list
  }
}
