public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

extension ProbeOptions {
  /// All that an answer depends on, and the batch size; see `docs/study.md` for the keys.
  public var json: JSON {
    var members: [(key: ByteString, value: JSON)] = [
      ("probe", .text(probe.rawValue)), ("mode", .text(mode.rawValue)), ("shots", .int(shots)),
      ("domain", domain.map { .text($0) } ?? .null), ("seed", .text(String(seed))),
      ("bos", .text(bos.rawValue)), ("template", template.map { .text($0) } ?? .null),
      ("normalization", .text(normalization.rawValue)), ("wording", .text(wording.rawValue)),
      ("rotation", .int(rotation)), ("rotations", .text(averagesRotations ? "all" : "one")),
      ("demonstration_sets", .int(demonstrationSets)), ("bfloat16_logits", .bool(bfloat16Logits)),
      ("limit", limit.map { .int($0) } ?? .null), ("batch_size", .int(batchSize)),
    ]
    if let seed = Int64(exactly: seed) { members[4].value = .integer(seed) }
    return .object(members)
  }

  /// Reads options; members that are not there keep the value of `base`, members nobody knows are errors.
  public init(_ node: JSONNode, base: ProbeOptions = ProbeOptions()) throws(HoldfastError) {
    self = base
    for (key, value) in try node.members() {
      switch key {
      case "probe": probe = try value.option()
      case "mode": mode = try value.option()
      case "shots": shots = try value.int(in: 0...1000)
      case "domain": domain = value.json.isNull ? nil : try value.text()
      case "seed": seed = try value.seed()
      case "bos": bos = try value.option()
      case "template": template = value.json.isNull ? nil : try value.text()
      case "normalization": normalization = try value.option()
      case "wording": wording = try value.option()
      case "rotation": rotation = try value.int(in: 0...(Question.choiceLimit - 1))
      case "rotations":
        let text = try value.text()
        guard ["one", "all"].contains(text) else {
          throw value.wrong("is '\(text)'; it must be 'one' or 'all'")
        }
        averagesRotations = text == "all"
      case "demonstration_sets": demonstrationSets = try value.int(in: 1...1000)
      case "bfloat16_logits": bfloat16Logits = try value.bool()
      case "limit": limit = value.json.isNull ? nil : try value.int(in: 1...Int.max)
      case "batch_size": batchSize = try value.int(in: 1...65536)
      default: throw value.unknown(key)
      }
    }
    if template == "none" { template = nil }
    do {
      try validate()
    } catch {
      throw error.at(node.document + node.path)
    }
  }

  /// Throws `invalidArgument` for a combination that means nothing.
  public func validate() throws(HoldfastError) {
    guard mode == .default || probe == .letter else {
      throw HoldfastError(
        .invalidArgument, "paper mode takes the letter probe; choose probe 'letter' or mode 'default'")
    }
    guard probe == .cloze || (normalization == .raw && wording == .standard) else {
      throw HoldfastError(
        .invalidArgument, "normalization and wording belong to the cloze probe; leave them out for letters")
    }
    guard !averagesRotations || rotation == 0 else {
      throw HoldfastError(
        .invalidArgument, "rotations 'all' takes every rotation already; leave rotation \(rotation) out")
    }
    guard demonstrationSets == 1 || shots > 0 else {
      throw HoldfastError(
        .invalidArgument, "\(demonstrationSets) demonstration sets need shots; ask for some, or for one set")
    }
    guard probe == .letter || (rotation == 0 && !averagesRotations && !bfloat16Logits) else {
      throw HoldfastError(
        .invalidArgument,
        "rotation, rotations and bfloat16_logits belong to the letter probe; leave them out for cloze")
    }
    guard shots >= 0, batchSize > 0, demonstrationSets > 0, rotation >= 0, limit.map({ $0 > 0 }) ?? true
    else {
      throw HoldfastError(
        .invalidArgument,
        "shots and rotation must be 0 or more, the batch size and the limit 1 or more; they are \(shots), "
          + "\(rotation), \(batchSize) and \(limit.map(String.init) ?? "none")")
    }
  }
}

extension JSONNode {
  /// The error for a key that nobody reads.
  func unknown(_ key: ByteString) -> HoldfastError {
    HoldfastError(
      .invalidArgument,
      "\(document): \(path) is not a known setting; check its spelling (docs/study.md lists them)")
  }
}
