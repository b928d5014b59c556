public import HoldfastStorage
public import HoldfastTensor

extension CaptureOptions {
  /// The keys of options, in order; `docs/activations.md` describes them.
  public static let keys: [ByteString] = [
    "sites", "layers", "positions", "dtype", "compression", "memory", "batch_size", "segment_items",
  ]

  /// All options.
  public var json: JSON {
    var json = settings
    json.set("memory", .int(memory))
    json.set("batch_size", .int(batchSize))
    json.set("segment_items", .int(segmentItems))
    return json
  }

  /// What the content of the file depends on.
  var settings: JSON {
    [
      "sites": .array(sites.map { .text($0) }),
      "layers": layers.map { .array($0.map { .int($0) }) } ?? .null, "positions": positions.json,
      "dtype": .text(dtype.rawValue), "compression": .bool(compression),
    ]
  }

  /// Reads options; members that are not there keep their defaults, members that are none of `keys` are errors unless
  /// they are among `others`.
  ///
  /// - Throws: `invalidArgument` naming the member and what it must be.
  public init(_ node: JSONNode, others: [ByteString] = []) throws(HoldfastError) {
    self.init()
    do throws(HoldfastError) {
      for (key, value) in try node.members() where !value.json.isNull {
        if !others.contains(key) { try set(key, value) }
      }
    } catch {
      throw HoldfastError(.invalidArgument, error.message)
    }
  }

  private mutating func set(_ key: ByteString, _ value: JSONNode) throws(HoldfastError) {
    switch key {
    case "sites":
      sites =
        try value.json.stringValue == nil
        ? value.elements().map { element throws(HoldfastError) in try element.text() } : [value.text()]
    case "layers":
      if value.json.stringValue != nil {
        layers = try Self.ranges(value)
      } else {
        layers = try value.elements().map { layer throws(HoldfastError) in try layer.int(in: 0...4095) }
      }
    case "positions":
      if let name = value.json.textValue {
        guard let rule = CapturePositions.rules.first(where: { $0.name == name }) else {
          throw value.wrong(
            "is '\(name)'; it must be 'last', 'prompt', 'answer', 'choices', 'all' or a list of integers")
        }
        positions = rule.rule
      } else {
        positions = .list(
          try value.elements().map { position throws(HoldfastError) in try position.int() })
      }
    case "dtype":
      guard let precision = FloatPrecision(rawValue: try value.text()) else {
        throw value.wrong("must be 'float32', 'float16' or 'bfloat16'")
      }
      dtype = precision
    case "compression": compression = try value.bool()
    case "memory": memory = try Self.bytes(value)
    case "batch_size": batchSize = try value.int(in: 1...65536)
    case "segment_items": segmentItems = try value.int(in: 0...Int(Int32.max))
    default:
      throw HoldfastError(
        .invalidArgument,
        "\(value.document): \(value.path) is not an option of a capture; check its spelling (docs/activations.md lists them)"
      )
    }
  }

  /// Numbers and ranges such as `0-5,11`.
  private static func ranges(_ node: JSONNode) throws(HoldfastError) -> [Int] {
    var layers: [Int] = []
    for part in try node.text().utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let ends = part.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        .map { Int(String(Substring($0))) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first >= 0,
        last < 4096, first <= last
      else { throw node.wrong("is '\(try node.text())'; write layers as 0-5,11") }
      layers += first...last
    }
    return layers
  }

  /// A number of bytes, or a text such as `512M`.
  private static func bytes(_ node: JSONNode) throws(HoldfastError) -> Int {
    if node.json.intValue != nil { return try node.int(in: 1...Int.max) }
    let text = Array(try node.text().utf8)
    let units: [(UInt8, Int)] = [(0x4B, 1 << 10), (0x4D, 1 << 20), (0x47, 1 << 30), (0x54, 1 << 40)]
    let unit = units.first { text.last.map { $0 & 0xDF } == $0.0 }
    let digits = String(decoding: unit == nil ? text[...] : text.dropLast(), as: UTF8.self)
    guard let count = Int(digits), count > 0,
      case let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.1 ?? 1), !overflow
    else { throw node.wrong("must be a number of bytes such as '512M' or '2G'") }
    return bytes
  }
}
