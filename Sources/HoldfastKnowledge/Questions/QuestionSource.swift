public import HoldfastStorage
import HoldfastTensor

/// A part of a question file.
public struct QuestionSource: Sendable, Equatable {
  /// The JSONL file.
  public var questions: String
  /// How many rows are passed over.
  public var offset = 0
  /// How many rows are taken at most; `nil` means all.
  public var limit: Int?
  /// Orders the rows before offset and limit; `nil` leaves them as they stand.
  public var shuffleSeed: UInt64?

  /// Names a whole file.
  public init(questions: String) { self.questions = questions }

  /// Reads a source; keys in `others` belong to whoever calls.
  init(_ node: JSONNode, others: [ByteString] = [], path: (JSONNode) throws(HoldfastError) -> String)
    throws(HoldfastError)
  {
    questions = try path(node.member("questions"))
    for (key, value) in try node.members() {
      switch key {
      case "questions": break
      case "offset": offset = try value.int(in: 0...Int(Int32.max))
      case "limit": limit = value.json.isNull ? nil : try value.int(in: 1...Int(Int32.max))
      case "shuffle_seed": shuffleSeed = value.json.isNull ? nil : try value.seed()
      default: if !others.contains(key) { throw value.unknown(key) }
      }
    }
  }

  /// The source as JSON.
  public var json: JSON {
    [
      "questions": .text(questions), "offset": .int(offset), "limit": limit.map { .int($0) } ?? .null,
      "shuffle_seed": shuffleSeed.map { .text(String($0)) } ?? .null,
    ]
  }

  /// Reads the file and takes what no set taken before holds.
  func take(as name: String, _ apart: inout Deduplication) throws(HoldfastError) -> QuestionSet {
    let set = try QuestionSet.read(questions)
    var rows = set.questions
    if let shuffleSeed {
      var random = RandomSource(seed: shuffleSeed)
      random.shuffle(&rows)
    }
    let kept = apart.take(Array(rows.dropFirst(offset)), as: name, limit: limit)
    guard !kept.isEmpty else {
      throw HoldfastError(
        .invalidArgument,
        "\(questions): no question is left for \(name) after passing over \(offset) of \(rows.count) rows and those that "
          + "other sets hold; give another file or a smaller offset")
    }
    return QuestionSet(valid: kept, name: questions)
  }
}
