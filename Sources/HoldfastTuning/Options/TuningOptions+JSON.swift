public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

extension TuningOptions {
  /// The options as a JSON object, every one of them.
  public var json: JSON {
    .object(Self.fields.map { (key: ByteString($0.name), value: $0.get(self)) })
  }

  /// Reads options from a JSON object; what it does not name keeps its default.
  ///
  /// Keys are the snake-case names (`learning_rate`); hyphens are taken for underscores.
  ///
  /// - Parameter source: where the object came from, for messages.
  /// - Throws: `invalidArgument` for an unknown key, a value of the wrong kind or one that `validate()` refuses.
  public init(json: JSON, source: String = "tuning options") throws(HoldfastError) {
    guard let members = json.objectValue else {
      throw HoldfastError(.invalidArgument, "\(source): expected an object, found \(json.kind)")
    }
    self.init()
    for (key, value) in members {
      let name = String(
        decoding: key.bytes.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
      guard let field = Self.fields.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        let known = Self.fields.map(\.name).joined(separator: ", ")
        throw HoldfastError(
          .invalidArgument, "\(source): there is no tuning option '\(key.text)'; known are \(known)")
      }
      guard field.set(&self, value) else {
        throw HoldfastError(
          .invalidArgument, "\(source): \(field.name) must be \(field.kind), not \(value.text())")
      }
    }
    try validate()
  }

  /// The options in which two sets differ so that steps already taken would have been others, with their values.
  func differences(from other: TuningOptions) -> [String] {
    let lengthDecides = schedule != .constant || warmupRatio > 0
    return Self.fields.filter {
      $0.decides && (lengthDecides || !["max_steps", "epochs"].contains($0.name))
        && $0.get(self) != $0.get(other)
    }.map {
      "\($0.name) (\($0.get(other).text()), now \($0.get(self).text()))"
    }
  }

  /// One option: its name and how it goes to JSON and back.
  private struct Field: Sendable {
    let name: String
    let kind: String
    /// Whether another value can give another result.
    let decides: Bool
    let get: @Sendable (TuningOptions) -> JSON
    /// Answers `false` when the value is of the wrong kind.
    let set: @Sendable (inout TuningOptions, JSON) -> Bool

    static func integer(
      _ name: String, _ path: any WritableKeyPath<TuningOptions, Int> & Sendable, decides: Bool = true
    ) -> Field {
      Field(name: name, kind: "a whole number", decides: decides, get: { .int($0[keyPath: path]) }) {
        guard let value = $1.intValue else { return false }
        $0[keyPath: path] = value
        return true
      }
    }

    static func number(_ name: String, _ path: any WritableKeyPath<TuningOptions, Double> & Sendable) -> Field
    {
      Field(name: name, kind: "a number", decides: true, get: { .number($0[keyPath: path]) }) {
        guard let value = $1.doubleValue else { return false }
        $0[keyPath: path] = value
        return true
      }
    }

    static func choice<Choice: RawRepresentable & Sendable>(
      _ name: String, _ path: any WritableKeyPath<TuningOptions, Choice> & Sendable, _ all: [Choice]
    ) -> Field where Choice.RawValue == String {
      let kind = all.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
      return Field(name: name, kind: kind, decides: true, get: { .text($0[keyPath: path].rawValue) }) {
        guard let value = $1.textValue.flatMap(Choice.init(rawValue:)) else { return false }
        $0[keyPath: path] = value
        return true
      }
    }
  }

  private static let fields: [Field] = [
    .integer("batch_size", \.batchSize),
    .integer("micro_batch_size", \.microBatchSize, decides: false),
    .integer("micro_batch_tokens", \.microBatchTokens, decides: false),
    .integer("max_steps", \.maxSteps),
    .number("epochs", \.epochs),
    .number("learning_rate", \.learningRate),
    .choice("schedule", \.schedule, LearningRateSchedule.allCases),
    .number("warmup_ratio", \.warmupRatio),
    .number("weight_decay", \.weightDecay),
    .number("clip_norm", \.clipNorm),
    Field(name: "seed", kind: "a whole number from 0", decides: true, get: { seed($0.seed) }) {
      guard let value = seed($1) else { return false }
      $0.seed = value
      return true
    },
    Field(name: "shuffle", kind: "true or false", decides: true, get: { .bool($0.shuffle) }) {
      guard let value = $1.boolValue else { return false }
      $0.shuffle = value
      return true
    },
    .number("beta1", \.beta1),
    .number("beta2", \.beta2),
    .number("epsilon", \.epsilon),
    .integer("max_length", \.maxLength),
    .choice("bos_policy", \.bosPolicy, [.automatic, .always, .never]),
    Field(name: "template", kind: "a text", decides: true, get: { .text($0.template) }) {
      guard let value = $1.textValue else { return false }
      $0.template = value
      return true
    },
    .integer("lora_rank", \.loraRank),
    .number("lora_alpha", \.loraAlpha),
    .number("lora_dropout", \.loraDropout),
    Field(
      name: "lora_target_modules", kind: "a list of texts", decides: true,
      get: { .array($0.loraTargetModules.map(JSON.text)) }
    ) {
      guard let values = $1.arrayValue ?? $1.textValue.map({ [.text($0)] }) else { return false }
      let names = values.compactMap(\.textValue)
      guard names.count == values.count else { return false }
      $0.loraTargetModules = names
      return true
    },
    Field(
      name: "use_rslora", kind: "true or false", decides: true, get: { .bool($0.useRSLoRA) }
    ) {
      guard let value = $1.boolValue else { return false }
      $0.useRSLoRA = value
      return true
    },
    .number("kl_weight", \.klWeight),
    .choice("moment_precision", \.momentPrecision, MomentPrecision.allCases),
    Field(name: "recompute", kind: "true or false", decides: false, get: { .bool($0.recompute) }) {
      guard let value = $1.boolValue else { return false }
      $0.recompute = value
      return true
    },
  ]

  /// A seed as JSON: a number where 64 signed bits hold it, otherwise its decimal digits.
  private static func seed(_ value: UInt64) -> JSON {
    Int64(exactly: value).map(JSON.integer) ?? .text(String(value))
  }

  private static func seed(_ json: JSON) -> UInt64? {
    json.intValue.flatMap(UInt64.init(exactly:)) ?? json.textValue.flatMap { UInt64($0) }
  }
}
