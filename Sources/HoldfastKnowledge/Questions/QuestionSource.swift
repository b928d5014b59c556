public import HoldfastStorage
import HoldfastTensor

/// A part of a question file, or subjects of MMLU.
public struct QuestionSource: Sendable, Equatable {
  /// Which subjects of MMLU are taken.
  public enum Subjects: Sendable, Equatable {
    /// Those named.
    case named([String])
    /// Those of a domain of the paper (ID).
    case domain(String)
    /// All but those of a domain (OOD).
    case outside(String)
    /// All.
    case all
  }

  /// The JSONL file, or the directory of MMLU's files.
  public var questions: String
  /// The subjects, when the questions are MMLU's.
  public var subjects: Subjects?
  /// Which of MMLU's files: `test`, `dev` or `val`.
  public var split = "test"
  /// How many rows are passed over.
  public var offset = 0
  /// How many rows are taken at most; `nil` means all.
  public var limit: Int?
  /// Orders the rows before offset and limit; `nil` leaves them as they stand.
  public var shuffleSeed: UInt64?

  /// Names a whole file.
  public init(questions: String) { self.questions = questions }

  /// Reads a source; keys in `others` belong to whoever calls.
  ///
  /// - Parameter role: a role of MMLU that names a domain takes what is outside of it when it is `OOD`.
  init(
    _ node: JSONNode, others: [ByteString] = [], role: String? = nil,
    path: (JSONNode) throws(HoldfastError) -> String
  ) throws(HoldfastError) {
    if let mmlu = try node.optional("mmlu") {
      guard try node.optional("questions") == nil else {
        throw node.wrong("has both 'questions' and 'mmlu'; keep one of them")
      }
      questions = try path(mmlu)
      subjects = .all
    } else {
      questions = try path(node.member("questions"))
    }
    for (key, value) in try node.members() {
      switch key {
      case "questions", "mmlu": break
      case "domain" where subjects != nil:
        let domain = try value.text()
        do throws(HoldfastError) { _ = try MMLU.subjects(of: domain) } catch {
          throw error.at(value.document + value.path)
        }
        subjects = role == "OOD" ? .outside(domain) : .domain(domain)
      case "subjects" where subjects != nil:
        guard try node.optional("domain") == nil else { throw value.wrong("and 'domain' exclude each other") }
        subjects = .named(
          try value.elements().map { element throws(HoldfastError) in try element.text() })
      case "split" where subjects != nil:
        split = try value.text()
        guard ["test", "dev", "val"].contains(split) else {
          throw value.wrong("must be 'test', 'dev' or 'val'")
        }
      case "offset": offset = try value.int(in: 0...Int(Int32.max))
      case "limit": limit = value.json.isNull ? nil : try value.int(in: 1...Int(Int32.max))
      case "shuffle_seed": shuffleSeed = value.json.isNull ? nil : try value.seed()
      default: if !others.contains(key) { throw value.unknown(key) }
      }
    }
  }

  /// The source as JSON.
  public var json: JSON {
    var json: JSON = [
      "questions": .text(questions), "offset": .int(offset), "limit": limit.map { .int($0) } ?? .null,
      "shuffle_seed": shuffleSeed.map { .text(String($0)) } ?? .null,
    ]
    if let subjects {
      json.set("split", .text(split))
      switch subjects {
      case .named(let names): json.set("subjects", .array(names.map { .text($0) }))
      case .domain(let name): json.set("domain", .text(name))
      case .outside(let name): json.set("outside_domain", .text(name))
      case .all: json.set("subjects", "all")
      }
    }
    return json
  }

  /// Reads all rows.
  func read() throws(HoldfastError) -> QuestionSet {
    guard let subjects else { return try QuestionSet.read(questions) }
    let names: [String]
    switch subjects {
    case .named(let list): names = list
    case .domain(let domain): names = try MMLU.subjects(of: domain)
    case .outside(let domain):
      let inside = try MMLU.subjects(of: domain)
      names = try MMLU.available(questions, split: split).filter { !inside.contains($0) }
    case .all: names = try MMLU.available(questions, split: split)
    }
    return try MMLU.read(questions, subjects: names, split: split)
  }

  /// Reads the file and takes what no set taken before holds.
  func take(as name: String, _ apart: inout Deduplication) throws(HoldfastError) -> QuestionSet {
    var rows = try read().questions
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
