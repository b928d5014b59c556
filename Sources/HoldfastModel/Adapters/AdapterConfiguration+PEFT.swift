import HoldfastStorage
import HoldfastTensor

/// The `adapter_config.json` of a PEFT directory. Source: PEFT's `LoraConfig`.
extension AdapterConfiguration {
  /// Reads and checks a configuration.
  ///
  /// Which modules have an adapter is for the tensors to say: a pattern in `target_modules` leaves the list empty.
  /// - Throws: `unsupported`, naming the setting, for anything that would give other numbers than this build computes.
  init(peft document: JSONNode) throws(HoldfastError) {
    func unsupported(_ what: String) -> HoldfastError {
      HoldfastError(.unsupported, "\(document.document): \(what)")
    }
    let type = try document.member("peft_type").text()
    guard type.utf8.elementsEqual("LORA".utf8) else {
      throw unsupported("an adapter of the type \(type) is not supported; LORA is")
    }
    let known = Set(Self.read + Self.harmless)
    for (key, value) in try document.members() where !known.contains(key) && !value.json.isUnset {
      throw unsupported("the setting '\(key.text)' is \(value.json.text()), which is not supported")
    }
    if let start = document.json["init_lora_weights"]?.textValue {
      for changed in ["pissa", "olora", "corda", "loftq", "lora_ga"]
      where start.lowercased().utf8.starts(with: changed.utf8) {
        throw unsupported(
          "'init_lora_weights' is \"\(start)\", which changes the base model; convert the adapter with PEFT's "
            + "save_pretrained(path_initial_model_for_weight_conversion=…)")
      }
    }
    rank = try document.member("r").int(in: 1...(1 << 16))
    alpha = try document.optional("lora_alpha")?.double() ?? 8
    dropout = try document.optional("lora_dropout")?.double() ?? 0
    usesRSLoRA = try document.optional("use_rslora")?.bool() ?? false
    baseModel = try document.optional("base_model_name_or_path")?.text()
    for (key, value) in try document.optional("rank_pattern")?.members() ?? [] {
      ranks.append((try Self.plain(key, value), try value.int(in: 1...(1 << 16))))
    }
    for (key, value) in try document.optional("alpha_pattern")?.members() ?? [] {
      alphas.append((try Self.plain(key, value), try value.double()))
    }
    targetModules = []
    switch try document.optional("target_modules")?.json {
    case .array(let names)?:
      for index in names.indices {
        guard let name = names[index].stringValue else {
          throw document.wrong(".target_modules[\(index)] must be a string, and is \(names[index].kind)")
        }
        targetModules.append(name)
      }
    case .string(let word)? where word.text.lowercased().utf8.elementsEqual(Self.allLinear.bytes):
      targetModules = [Self.allLinear]
    default: break
    }
    if targetModules.isEmpty { targetModules = [Self.allLinear] }
    try validate()
  }

  /// Whether the file's tensors must be those of `targetModules`: nothing else narrows the choice.
  static func isExact(_ document: JSONNode) throws(HoldfastError) -> Bool {
    guard case .array? = try document.optional("target_modules")?.json else { return false }
    for key: ByteString in ["exclude_modules", "layers_to_transform"] {
      guard document.json[key]?.isUnset ?? true else { return false }
    }
    return true
  }

  private static let read: [ByteString] = [
    "peft_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "base_model_name_or_path", "rank_pattern",
    "alpha_pattern", "target_modules", "init_lora_weights",
  ]

  /// What the tensors say themselves, or what does not show in the numbers.
  private static let harmless: [ByteString] = [
    "task_type", "auto_mapping", "revision", "inference_mode", "peft_version", "exclude_modules",
    "layers_to_transform", "layers_pattern", "fan_in_fan_out", "bias", "modules_to_save", "megatron_core",
    "loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config", "qalora_group_size",
    "ensure_weight_tying",
  ]

  /// A key of a pattern, which PEFT takes for a regular expression; names stand for themselves.
  private static func plain(_ key: ByteString, _ value: JSONNode) throws(HoldfastError) -> ByteString {
    let name = key.hasPrefix("^") ? ByteString(key.bytes.dropFirst()) : key
    let allowed = name.bytes.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".")
    }
    guard !name.isEmpty, allowed else {
      throw HoldfastError(
        .unsupported,
        "\(value.document): \(value.path): only names of modules are supported here, not the expression '\(key.text)'"
      )
    }
    return name
  }

  /// The configuration as PEFT reads it.
  ///
  /// - Parameters:
  ///   - modules: names that select what has an adapter, and nothing else.
  ///   - isTransposed: whether the base model's matrices are inputs first.
  func peft(modules: [ByteString], base: String, isTransposed: Bool) -> JSON {
    [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .text(base),
      "r": .int(rank), "lora_alpha": Self.json(alpha), "lora_dropout": .number(dropout),
      "use_rslora": .bool(usesRSLoRA), "target_modules": .array(modules.map(JSON.string)),
      "rank_pattern": .object(ranks.map { ($0.name, .int($0.rank)) }),
      "alpha_pattern": .object(alphas.map { ($0.name, Self.json($0.alpha)) }), "bias": "none",
      "fan_in_fan_out": .bool(isTransposed), "init_lora_weights": true, "inference_mode": true,
      "use_dora": false, "modules_to_save": nil, "layers_to_transform": nil, "layers_pattern": nil,
      "revision": nil,
    ]
  }

  private static func json(_ alpha: Double) -> JSON { Int(exactly: alpha).map(JSON.int) ?? .number(alpha) }
}

extension JSON {
  /// Whether a setting with this value is switched off: `null`, `false`, 0, or empty.
  fileprivate var isUnset: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .integer(let value): value == 0
    case .number(let value): value == 0
    case .string(let value): value.isEmpty
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    }
  }
}
