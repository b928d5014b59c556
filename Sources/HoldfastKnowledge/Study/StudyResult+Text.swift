extension StudyResult {
  /// The result as lines to read: tables with intervals, then the sentences.
  public var text: String {
    let specification = findings.specification
    var lines = [
      "Study \(specification.name) (\(specification.mode.rawValue) mode), "
        + "\((100 * specification.bootstrap.level).fixed(0)) % intervals", "",
    ]
    let models = ["before"] + specification.groups.names.map(\.rawValue)
    let heads = specification.evaluate.map {
      "\($0.role) (\($0.name), \(outcome("before", $0.role)?.accuracy.count ?? 0))"
    }
    lines += ["Accuracy, %"]
    lines += TextTable.lines(
      ["model"] + heads, models.map { row($0) { TextTable.cell($0.accuracy, scale: 100, digits: 1) } })
    lines += ["", "Consistency with the model before tuning, rank-Pearson"]
    lines += TextTable.lines(
      ["model"] + heads,
      models.dropFirst().map {
        row($0) { $0[.rankPearson].map { TextTable.cell($0.mean, scale: 1, digits: 3) } ?? "–" }
      })
    if !floors.isEmpty {
      lines += ["", "Noise floor: the untouched model against itself under other prompts"]
      for (role, floor) in floors {
        let level = floor.overall
        lines.append(
          "  \(role): mean \(level.mean.fixed(3)), 2.5 % quantile \(level.lowQuantile.fixed(3)), \(level.prompts) prompts"
        )
      }
    }
    lines += [""] + sentences
    if !findings.drops.isEmpty {
      lines.append("")
      for drop in findings.drops {
        lines.append("\(drop.count) questions dropped from \(drop.from): \(drop.keptIn) holds them.")
      }
    }
    lines += findings.warnings.map { "Warning: \($0)." }
    lines += ["", "Departures from the paper:"] + departures.map { "- \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ model: String, _ cell: (StudyOutcome) -> String) -> [String] {
    [model] + findings.specification.evaluate.map { outcome(model, $0.role).map(cell) ?? "–" }
  }
}
