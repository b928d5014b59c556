import ArgumentParser
import Holdfast

/// What to capture.
struct CaptureArguments: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Patterns of site names, such as 'blocks.*.attn.hook_z' (default: blocks.*.hook_resid_post).")
  var sites: [String] = []

  @Option(name: .long, help: "The layers whose sites are captured, such as 0-5,11 (default: all).")
  var layers: String?

  @Option(
    name: .long, parsing: .unconditional,
    help:
      "Which tokens: last (of the prompt), prompt, answer, choices, all, or places in the prompt such as 0,-1."
  )
  var positions = "last"

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Only items whose ids match one of these patterns.", valueName: "ids"))
  var items: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption, help: "Only questions whose subjects match one of these patterns.")
  var subjects: [String] = []

  @Option(name: .long, help: "Pass over the first so many items.")
  var offset = 0

  @Option(
    name: .long, parsing: .unconditionalSingleValue, help: "A text instead of questions; may be repeated.")
  var text: [String] = []

  @Option(
    name: .long, parsing: .unconditionalSingleValue,
    help: "Token ids instead of questions, such as 504,216; may be repeated.")
  var tokens: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Texts instead of questions, one JSON value a line: a text, a list of ids, or an object with id and text or tokens.",
      valueName: "file.jsonl"))
  var texts: String?

  @Option(name: .long, help: "The type of the numbers: float32, float16 or bfloat16.")
  var dtype: FloatPrecision = .float32

  @Flag(name: .long, help: "Shuffle and deflate the finished file.")
  var compression = false

  @Option(name: .long, help: "The most memory that activations take at once, such as 512M or 2G.")
  var memory = "512M"

  @Option(name: .long, help: "The most items of a sealed segment (0: a minute's work, at most 1 GiB).")
  var segmentItems = 0

  /// The engine's request, checked.
  func request(_ arguments: ProbeArguments) throws(HoldfastError) -> CaptureRequest {
    var json: JSON = [
      "positions": try Self.positions(positions), "dtype": .text(dtype.rawValue),
      "compression": .bool(compression), "memory": .text(memory), "batch_size": .int(arguments.batchSize),
      "segment_items": .int(segmentItems),
      "items": [
        "ids": .array(items.map { .text($0) }), "subjects": .array(subjects.map { .text($0) }),
        "offset": .int(offset), "limit": arguments.limit.map { .int($0) } ?? .null,
      ],
    ]
    if !sites.isEmpty { json.set("sites", .array(sites.map { .text($0) })) }
    if let layers { json.set("layers", .text(layers)) }
    var request = try CaptureRequest(JSONNode(json, document: "options"))
    request.probe = try arguments.options()
    request.probe.limit = nil
    request.texts = text.map { CaptureText(.text($0)) }
    for list in tokens { request.texts.append(CaptureText(.tokens(try Self.integers(list, "--tokens")))) }
    if let texts { request.texts += try CaptureText.read(texts) }
    guard (arguments.questions == nil) != request.texts.isEmpty else {
      throw HoldfastError(
        .invalidArgument, "give either --questions, or texts with --text, --tokens or --texts")
    }
    return request
  }

  private static func positions(_ text: String) throws(HoldfastError) -> JSON {
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
      return .text(text)
    }
    return .array(try integers(text, "--positions").map { .integer(Int64($0)) })
  }

  private static func integers(_ text: String, _ option: String) throws(HoldfastError) -> [Int32] {
    try text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
      part throws(HoldfastError) in
      guard let number = Int32(String(Substring(part))) else {
        throw HoldfastError(
          .invalidArgument, "\(option) is '\(text)'; write integers with commas between them, such as 0,-1")
      }
      return number
    }
  }
}
