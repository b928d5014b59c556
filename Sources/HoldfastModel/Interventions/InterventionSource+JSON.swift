public import HoldfastStorage
public import HoldfastTensor
import HoldfastText

extension InterventionSource {
  /// The source as an object; `null` for none.
  public var json: JSON {
    switch self {
    case .none: return .null
    case .model(let donor): return ["model": .text(donor.path)]
    case .directions(let vectors):
      let rows = vectors.map { JSON.array($0.map { .number(Double($0)) }) }
      if rows.count == 1 { return ["vector": rows[0]] }
      return ["vectors": .array(rows)]
    case .texts(let source):
      let texts = source.texts.map(\.json)
      var members: [(key: ByteString, value: JSON)] = [("prompts", .array(texts))]
      if texts.count == 1 { members = [("prompt", texts[0])] }
      if source.positions != .all { members.append(("positions", source.positions.json)) }
      if source.alignment != .start { members.append(("align", .text(source.alignment.rawValue))) }
      if source.bos != .automatic { members.append(("bos", .text(source.bos.rawValue))) }
      return .object(members)
    case .contrast(let pairs, let positions, let bos):
      var members: [(key: ByteString, value: JSON)] = [
        (
          "contrast",
          .array(pairs.map { ["positive": $0.positive.json, "negative": $0.negative.json] })
        ), ("positions", positions.json),
      ]
      if bos != .automatic { members.append(("bos", .text(bos.rawValue))) }
      return .object(members)
    }
  }

  /// Reads an object with one of `prompt`, `prompts`, `vector`, `vectors`, `contrast` and `model`, and what belongs to it.
  public init(_ node: JSONNode) throws(HoldfastError) {
    var found: InterventionSource = .none
    var positions: InterventionPositions?
    var alignment: Alignment?
    var bos = BOSPolicy.automatic
    func take(_ source: InterventionSource, _ value: JSONNode) throws(HoldfastError) {
      guard found == .none else { throw value.wrong("stands beside another source; there can be one") }
      found = source
    }
    for (key, value) in try node.members() where !value.json.isNull {
      switch key {
      case "prompt": try take(.texts(Texts([try Text(value)])), value)
      case "prompts":
        try take(.texts(Texts(try value.list { v throws(HoldfastError) in try Text(v) })), value)
      case "vector": try take(.directions([try value.floats()]), value)
      case "vectors":
        try take(.directions(try value.list { v throws(HoldfastError) in try v.floats() }), value)
      case "model": try take(.model(Donor(path: try value.text())), value)
      case "contrast":
        let pairs = try value.list { pair throws(HoldfastError) in
          Contrast(try Text(pair.member("positive")), try Text(pair.member("negative")))
        }
        guard !pairs.isEmpty else { throw value.wrong("has no pairs") }
        try take(.contrast(pairs, positions: .last, bos: .automatic), value)
      case "positions": positions = try InterventionPositions(value)
      case "align": alignment = try value.option()
      case "bos": bos = try value.option()
      default: throw value.unknownMember("docs/interventions.md lists what a source has")
      }
    }
    switch found {
    case .none:
      throw node.wrong("has none of 'prompt', 'prompts', 'vector', 'vectors', 'contrast' and 'model'")
    case .texts(var source):
      source.positions = positions ?? .all
      source.alignment = alignment ?? .start
      source.bos = bos
      found = .texts(source)
    case .contrast(let pairs, _, _):
      guard alignment == nil else { throw node.wrong("aligns contrast pairs, which have no need of it") }
      found = .contrast(pairs, positions: positions ?? .last, bos: bos)
    case .directions, .model:
      guard positions == nil, alignment == nil, bos == .automatic else {
        throw node.wrong("says 'positions', 'align' or 'bos', which belong to texts")
      }
    }
    self = found
  }
}

extension InterventionSource.Text {
  /// The text, or a list of token ids.
  var json: JSON {
    switch self {
    case .prompt(let text): .text(text)
    case .tokens(let tokens): .array(tokens.map { .int(Int($0)) })
    }
  }

  init(_ node: JSONNode) throws(HoldfastError) {
    if case .array = node.json {
      self = .tokens(try node.list { token throws(HoldfastError) in try token.int32() })
    } else {
      self = .prompt(try node.text())
    }
  }
}
