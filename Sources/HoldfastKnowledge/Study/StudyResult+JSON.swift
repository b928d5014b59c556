public import HoldfastStorage
import HoldfastTensor

extension StudyResult {
  /// The whole result as one object; `docs/study.md` lists its members.
  public var json: JSON {
    let specification = findings.specification
    return [
      "format": "holdfast-study",
      "name": .text(specification.name),
      "mode": .text(specification.mode.rawValue),
      "created": .text(created),
      "directory": .text(directory),
      "level": .number(specification.bootstrap.level),
      "summary": .array(sentences.map { .text($0) }),
      "warnings": .array(findings.warnings.map { .text($0) }),
      "departures_from_the_paper": .array(departures.map { .text($0) }),
      "models": .array(([("before")] + specification.groups.names.map(\.rawValue)).map { .text($0) }),
      "evaluations": .array(zip(specification.evaluate, findings.before).map(Self.evaluation)),
      "outcomes": .array(outcomes.map(\.json)),
      "contrasts": .array(contrasts.map(\.json)),
      "correlations": .array(correlations.map(\.json)),
      "weight_noise": null?.json ?? .null,
      "noise_floor": .array(
        floors.map { role, floor in
          var json = floor.json
          json.set("role", .text(role))
          return json
        }),
      "training": .array(findings.training.map(\.json)),
      "groups": findings.groups.summaryJSON,
      "pool": findings.pool.summaryJSON,
      "duplicates_dropped": .array(
        findings.drops.map {
          ["from": .text($0.from), "kept_in": .text($0.keptIn), "count": .int($0.count)]
        }),
      "probe": specification.probe.json,
      "probe_after": specification.after.json,
      "tuning": specification.tune.json,
      "configuration": configuration,
      "versions": [
        "holdfast": .text(engineVersion),
        "kernel": .text(findings.pool.settings.kernel),
        "model": .text(findings.pool.settings.modelPath),
        "model_sha256": .text(findings.pool.settings.modelSHA256),
      ],
    ]
  }

  private static func evaluation(_ role: StudySpecification.Role, _ before: Ledger) -> JSON {
    [
      "role": .text(role.role), "name": .text(role.name), "questions": .text(role.source.questions),
      "count": .int(before.count), "chance": .number(before.chance),
      "no_headroom": .bool(before.hasNoHeadroom),
    ]
  }
}
