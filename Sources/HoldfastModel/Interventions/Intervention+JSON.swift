public import HoldfastStorage
public import HoldfastTensor

extension Intervention {
  /// The intervention as an object; members that say what is the default anyway are left out.
  public var json: JSON {
    var members: [(key: ByteString, value: JSON)] = [
      ("operation", .text(operation.rawValue)), ("site", .text(site)),
    ]
    let lists: [(ByteString, [Int]?)] = [("layers", layers), ("heads", heads), ("dimensions", dimensions)]
    for case (let key, let list?) in lists {
      members.append((key, .array(list.map { .int($0) })))
    }
    if positions != .all { members.append(("positions", positions.json)) }
    if source != .none { members.append(("source", source.json)) }
    if strength != 1 { members.append(("strength", .number(strength))) }
    if seed != 0 {
      members.append(("seed", Int64(exactly: seed).map { .integer($0) } ?? .text(String(seed))))
    }
    if let bounds {
      members.append(("bounds", .array([.number(bounds.lowerBound), .number(bounds.upperBound)])))
    }
    return .object(members)
  }

  /// Reads an object; members nobody knows are errors.
  ///
  /// - Throws: `corruptData` or `invalidArgument` naming the place in the document.
  public init(_ node: JSONNode) throws(HoldfastError) {
    let operation: Operation = try node.member("operation").option()
    self.init(operation, at: try node.member("site").text())
    for (key, value) in try node.members() where !value.json.isNull {
      switch key {
      case "operation", "site": continue
      case "layers": layers = try value.integers()
      case "heads": heads = try value.integers()
      case "dimensions": dimensions = try value.integers()
      case "positions": positions = try InterventionPositions(value)
      case "source": source = try InterventionSource(value)
      case "strength": strength = try value.double()
      case "seed": seed = try value.seed()
      case "bounds":
        let ends = try value.elements()
        guard ends.count == 2 else { throw value.wrong("must be a list of two numbers, lower and upper") }
        let (lower, upper) = (try ends[0].double(), try ends[1].double())
        guard lower <= upper else { throw value.wrong("has a lower bound above the upper one") }
        bounds = lower...upper
      default: throw value.unknownMember("docs/interventions.md lists what an intervention has")
      }
    }
    do {
      try validate()
    } catch {
      throw error.at(node.document + (node.path.isEmpty ? "" : ": \(node.path)"))
    }
  }
}

extension InterventionPositions {
  /// A word, a list of places or an object with `from` and `to`.
  public var json: JSON {
    switch self {
    case .all: "all"
    case .prompt: "prompt"
    case .continuation: "continuation"
    case .at(let places): .array(places.map { .int($0) })
    case .range(let from, let to):
      .object([("from", .int(from))] + (to.map { [("to", .int($0))] } ?? []))
    }
  }

  /// Reads what `json` writes, `last`, or a single place.
  public init(_ node: JSONNode) throws(HoldfastError) {
    switch node.json {
    case .string(let word):
      switch word {
      case "all": self = .all
      case "prompt": self = .prompt
      case "continuation": self = .continuation
      case "last": self = .last
      default:
        throw node.wrong(
          "is '\(word.text)'; positions are 'all', 'prompt', 'continuation', 'last', a list or an object with "
            + "'from' and 'to'")
      }
    case .integer, .number: self = .at([try node.int()])
    case .array: self = .at(try node.integers())
    case .object:
      var ends: (from: Int, to: Int?) = (0, nil)
      for (key, value) in try node.members() {
        switch key {
        case "from": ends.from = try value.int()
        case "to": ends.to = value.json.isNull ? nil : try value.int()
        default: throw value.unknownMember("a range of positions has 'from' and 'to'")
        }
      }
      self = .range(from: ends.from, to: ends.to)
    default: throw node.mismatch("a word, a list of places or an object with 'from' and 'to'")
    }
  }
}
