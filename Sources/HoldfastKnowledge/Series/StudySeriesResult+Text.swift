public import HoldfastStorage

extension StudySeriesResult {
  /// What the numbers say, in sentences that follow from them alone.
  public var sentences: [String] {
    contrasts.map(\.sentence) + correlations.compactMap(Self.sentence)
  }

  private static func sentence(_ entry: Correlations) -> String? {
    guard let all = entry.correlations.first, let partial = all.partial else { return nil }
    let points =
      switch entry.points {
      case "mixtures": "INCOMPATIBLE, its mixtures and SELF-ALIGNING"
      case "all": "all groups but HARMONIOUS"
      default: "models damaged by weight noise of the same KL"
      }
    let paper = all.paper.map { "; as the paper computes it \($0.value.fixed(3))" } ?? ""
    return
      "\(entry.role), over \(all.count) points (domains and \(points)): the partial rank correlation of consistency with "
      + "accuracy, given the accuracy before, is \(partial.value.fixed(3)) [\(partial.interval.lower.fixed(3)), "
      + "\(partial.interval.upper.fixed(3))]\(paper); accuracies permuted within domains correlate as strongly with p "
      + "\(all.permutation.p.fixed(3))."
  }

  /// The result as lines to read: what holds over all domains, then each domain.
  public var text: String {
    var lines = ["Series \(name): domains \(parts.map(\.domain).joined(separator: ", "))", ""]
    if !outcomes.isEmpty {
      let models = outcomes.filter { $0.role == roles[0] }.map(\.model)
      let heads = roles.map { "\($0) (\(outcome("before", $0)?.accuracy.count ?? 0))" }
      lines += ["Accuracy over all domains, %"]
      lines += TextTable.lines(
        ["model"] + heads, models.map { row($0) { TextTable.cell($0.accuracy, scale: 100, digits: 1) } })
      lines += ["", "Consistency with the model before tuning over all domains, rank-Pearson"]
      lines += TextTable.lines(
        ["model"] + heads,
        models.dropFirst().map {
          row($0) { $0[.rankPearson].map { TextTable.cell($0.mean, scale: 1, digits: 3) } ?? "–" }
        })
      lines += [""] + sentences
    }
    for part in parts {
      lines += ["", "Domain \(part.domain)", "", part.result.text]
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ model: String, _ cell: (StudyOutcome) -> String) -> [String] {
    [model] + roles.map { outcome(model, $0).map(cell) ?? "–" }
  }

  /// The whole result as one object; `docs/study.md` lists its members.
  public var json: JSON {
    [
      "format": .string(StudySeries.format.name), "name": .text(name), "created": .text(created),
      "directory": .text(directory), "summary": .array(sentences.map { .text($0) }),
      "outcomes": .array(outcomes.map(\.json)), "contrasts": .array(contrasts.map(\.json)),
      "correlations": .array(
        correlations.map {
          [
            "role": .text($0.role), "points": .text($0.points),
            "correlations": .array($0.correlations.map(\.json)),
          ]
        }),
      "domains": .array(
        parts.map { part in
          var json = part.result.json
          json.set("domain", .text(part.domain))
          return json
        }),
      "configuration": configuration,
    ]
  }
}
