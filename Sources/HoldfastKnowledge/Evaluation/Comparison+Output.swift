public import HoldfastStorage

extension Comparison {
  /// The whole comparison: gate, every measure, accuracies, flips with examples, noise floor, settings.
  public var json: JSON {
    var result: JSON = [
      "format": "holdfast-comparison",
      "mode": .text(consistency.mode.rawValue),
      "gate": gate.json,
      "passes": .bool(gate.verdict == .passes),
      "level": .number(options.bootstrap.level),
      "consistency": consistency.json,
      "before": before.summaryJSON,
      "after": after.summaryJSON,
      "settings": before.settings.json,
      "examples": .array(examples.map(\.json)),
      "departures_from_the_paper": .array(departures.map { .text($0) }),
    ]
    if let floor { result.set("noise_floor", floor.json) }
    return result
  }

  /// In what the comparison differs from the paper's, in words.
  public var departures: [String] {
    before.settings.departures + [
      "both models are asked with identical prompts, where the paper changes the prompt together with the model"
    ]
      + (consistency.mode == .paper
        ? [] : ["items whose rank correlation is undefined are left out, where the paper counts 0"])
  }

  /// The comparison as lines to read.
  public var text: String {
    var lines = ["The gate \(gate.sentence).", ""]
    for entry in consistency.entries {
      let undefined = entry.undefined > 0 ? ", undefined for \(entry.undefined) items" : ""
      lines.append(
        "\(entry.measure.rawValue): \(entry.mean.value.fixed(4)) [\(entry.mean.interval.lower.fixed(4)), "
          + "\(entry.mean.interval.upper.fixed(4))], median \(entry.median.fixed(4))\(undefined)")
    }
    if let first = before.accuracy, let second = after.accuracy {
      lines += ["", "accuracy before: \(Self.percent(first)), after: \(Self.percent(second))"]
      if before.hasNoHeadroom {
        lines.append(
          "no headroom: the interval before includes chance, so damage cannot show in the accuracy")
      }
      let counts = Flip.allCases.map { "\($0.rawValue) \(consistency.flips[$0])" }.joined(separator: ", ")
      lines.append("answers: \(counts); McNemar p \(consistency.flips.mcNemar.fixed(4))")
    }
    if let floor {
      lines.append("")
      for level in floor.levels {
        lines.append(
          "noise floor, \(level.source): mean \(level.mean.fixed(3)), 2.5 % quantile \(level.lowQuantile.fixed(3)) over "
            + "\(level.prompts) prompts")
      }
    }
    for example in examples {
      let choices = example.question.choices
      lines += [
        "", "\(example.flip.rawValue): \(example.question.question)",
        "  before: \(choices[example.before])", "  after:  \(choices[example.after])",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func percent(_ accuracy: (value: Double, interval: Interval)) -> String {
    "\((100 * accuracy.value).fixed(1)) % [\((100 * accuracy.interval.lower).fixed(1)), "
      + "\((100 * accuracy.interval.upper).fixed(1))]"
  }
}

extension Comparison.Example {
  /// The question with both answers.
  public var json: JSON {
    [
      "flip": .text(flip.rawValue), "id": .text(question.id), "question": .text(question.question),
      "before": .text(question.choices[before]), "after": .text(question.choices[after]),
      "gold": question.answerText.map { .text($0) } ?? .null, "kl": .number(divergence),
    ]
  }
}
