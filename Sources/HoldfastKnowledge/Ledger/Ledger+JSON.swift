import HoldfastModel
public import HoldfastStorage
public import HoldfastTensor

extension Ledger {
  /// The whole ledger: `settings`, `summary` and `rows`.
  public var json: JSON {
    [
      "format": "holdfast-ledger",
      "settings": settings.json,
      "summary": summaryJSON,
      "rows": .array(rows.map(\.json)),
    ]
  }

  /// Items, accuracy with Wilson's interval, chance, mean confidence and calibration.
  public var summaryJSON: JSON {
    var members: [(key: ByteString, value: JSON)] = [
      ("items", .int(count)), ("answered", .int(answered.count)),
      ("mean_confidence", .number(Statistics.mean(rows.map(\.confidence)))),
    ]
    if let accuracy {
      members += [
        ("accuracy", .number(accuracy.value)), ("accuracy_interval", accuracy.interval.json),
        ("chance", .number(chance)), ("no_headroom", .bool(hasNoHeadroom)),
      ]
      let calibration = calibration
      members.append(
        (
          "calibration",
          [
            "ece": .number(calibration.expectedError),
            "ece_equal_mass": .number(calibration.expectedErrorEqualMass),
            "rms": .number(calibration.rootMeanSquareError),
            "brier": .number(calibration.brier),
          ]
        ))
    }
    if !categories.isEmpty {
      members.append(
        ("categories", .object(categories.map { (ByteString($0.category.rawValue), .int($0.rows)) })))
    }
    return .object(members)
  }
}

extension LedgerSettings {
  /// All settings; `departures` is in words.
  ///
  /// `interventions` is there only when there are some.
  public var json: JSON {
    var members: [(key: ByteString, value: JSON)] = [
      ("mode", .text(options.mode.rawValue)),
      ("options", options.json),
      ("bos_added", .bool(addedBOS)),
      ("model", .text(modelPath)),
      ("model_sha256", .text(modelSHA256)),
      ("model_name", .text(modelName)),
      ("kernel", .text(kernel)),
      ("questions", .text(questions)),
      ("demonstrations", .array(demonstrations.map { .text($0) })),
      ("departures_from_the_paper", .array(departures.map { .text($0) })),
    ]
    if !interventions.isEmpty { members.append(("interventions", interventions.json)) }
    return .object(members)
  }

  /// Reads what `json` writes.
  public init(_ node: JSONNode) throws(HoldfastError) {
    self.init(
      options: try ProbeOptions(node.member("options")), modelPath: try node.member("model").text(),
      modelSHA256: try node.member("model_sha256").text(), modelName: try node.member("model_name").text(),
      kernel: try node.member("kernel").text(), addedBOS: try node.member("bos_added").bool(),
      questions: try node.member("questions").text(), demonstrations: [])
    for element in try node.member("demonstrations").elements() { demonstrations.append(try element.text()) }
    if let changes = try node.optional("interventions") { interventions = try Interventions(changes) }
  }
}

extension LedgerRow {
  /// One row with all its numbers.
  public var json: JSON {
    var members: [(key: ByteString, value: JSON)] = [
      ("id", .text(id)), ("choices", .int(scores.count)), ("gold", gold.map { .int($0) } ?? .null),
      ("predicted", .int(predicted)), ("confidence", .number(confidence)),
      ("probabilities", .numbers(probabilities)), ("log_probabilities", .numbers(logProbabilities)),
      ("per_token", .numbers(perToken)), ("per_character", .numbers(perCharacter)),
      ("scores", .numbers(scores)),
      ("token_counts", .array(tokenCounts.map { .int($0) })), ("prompt_tokens", .int(promptTokens)),
      ("prompt_digest", .text(promptDigest)),
    ]
    if !choiceTokens.isEmpty {
      members.append(("choice_tokens", .array(choiceTokens.map { .array($0.map { .int(Int($0)) }) })))
    }
    if !variants.isEmpty { members.append(("variant_scores", .array(variants.map { .numbers($0) }))) }
    if let knowledge {
      members += [
        ("category", .text(knowledge.category.rawValue)), ("greedy_right", .number(knowledge.greedyRight)),
        ("sampled_right", .number(knowledge.sampledRight)),
      ]
    }
    if let unconditional { members.append(("unconditional", .numbers(unconditional))) }
    return .object(members)
  }
}

extension JSON {
  /// An array of numbers; one that is not finite becomes `null`.
  static func numbers(_ values: [Double]) -> JSON { .array(values.map { .finite($0) }) }
  /// A number, or `null` for one that is not finite, so that equal results compare equal.
  static func finite(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
  /// A number, or `null`.
  static func optional(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
}

extension Interval {
  /// `[lower, upper]`; its level is said once where the numbers are gathered.
  public var json: JSON { .numbers([lower, upper]) }
}
