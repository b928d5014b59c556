public import HoldfastModel
import HoldfastStorage
public import HoldfastTensor

/// A text that a model is to write: it opens with the prompt's fence and is closed by one.
public struct WritingRequest: Sendable, Equatable {
  /// Names the text, and seeds its draws.
  public var id: String
  /// The prompt, which ends in an open fence.
  public var prompt: String

  /// Makes a request.
  public init(id: String, prompt: String) {
    self.id = id
    self.prompt = prompt
  }
}

/// A text that a model wrote.
public struct WrittenText: Sendable, Equatable {
  /// The request's id.
  public var id: String
  /// The text before the closing fence, without white space around it.
  public var text: String
  /// Why it ended: `stop` at the fence.
  public var end: Generation.End
  /// How many tokens were drawn.
  public var tokens: Int

  /// Whether neither fence nor end of sequence came within the tokens allowed.
  public var isTruncated: Bool { end == .length }
}

/// A directory in which texts gather, so that a killed run goes on behind the last batch.
public final class WritingStore: Sendable {
  static let format = FileFormat(name: "holdfast-texts", major: 1, minor: 1)
  private let segments: SegmentStore

  /// Opens the directory for writing; throws `io` when another process writes to it.
  public init(_ directory: String) throws(HoldfastError) {
    segments = try SegmentStore(writing: directory, format: Self.format)
  }

  /// The texts that are there, by the id's bytes; those of another prompt are not taken.
  func texts(_ requests: [WritingRequest]) throws(HoldfastError) -> [[UInt8]: WrittenText] {
    let digests = Dictionary(requests.map { (Array($0.id.utf8), Self.digest($0)) }) { first, _ in first }
    var found: [[UInt8]: WrittenText] = [:]
    for number in try segments.numbers() {
      let table = try Table(reading: segments.open(number).root)
      let (ids, texts, ends) = (try table.text("id"), try table.text("text"), try table.text("end"))
      let (tokens, keys) = (try table.int32("tokens"), try table.text("prompt_sha256"))
      for row in ids.indices {
        let id = Array(ids[row].bytes)
        guard digests[id] == keys[row].text, let end = Generation.End(rawValue: ends[row].text) else {
          continue
        }
        found[id] = WrittenText(id: ids[row].text, text: texts[row].text, end: end, tokens: Int(tokens[row]))
      }
    }
    return found
  }

  /// The texts of all requests, or `nil` when one is not there yet.
  func complete(_ requests: [WritingRequest]) throws(HoldfastError) -> [WrittenText]? {
    let texts = try texts(requests)
    let found = requests.compactMap { texts[Array($0.id.utf8)] }
    return found.count == requests.count ? found : nil
  }

  /// Seals texts behind those that are there.
  func append(_ texts: [WrittenText], _ requests: [WritingRequest]) throws(HoldfastError) {
    var table = Table(axis: "item")
    try table.add("id", .text(texts.map { ByteString($0.id) }))
    try table.add("text", .text(texts.map { ByteString($0.text) }))
    try table.add("end", .text(texts.map { ByteString($0.end.rawValue) }))
    try table.add("tokens", .int32(texts.map { Int32(clamping: $0.tokens) }))
    try table.add("prompt_sha256", .text(requests.map { ByteString(Self.digest($0)) }))
    try segments.append { root throws(HoldfastError) in try table.write(to: root) }
  }

  private static func digest(_ request: WritingRequest) -> String { SHA256.hex(Array(request.prompt.utf8)) }
}
