import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning
@testable import HoldfastKnowledge

/// A whole study of a tiny model, in a directory of its own.
struct TinyStudy {
  let directory: Fixture.Directory

  init() throws {
    directory = try Fixture.Directory()
    _ = try directory.write(Self.questions(40, of: "pool", seed: 1), to: "pool.jsonl")
    _ = try directory.write(Self.questions(14, of: "home", seed: 2), to: "home.jsonl")
    // The second role repeats three questions of the first, which are to be dropped.
    let repeated = Self.questions(3, of: "home", seed: 2) + Self.questions(9, of: "away", seed: 3)
    _ = try directory.write(repeated.replacingIDs(), to: "away.jsonl")
  }

  /// Made-up questions in JSONL, two to four choices each.
  static func questions(_ count: Int, of name: String, seed: UInt64) -> String {
    var random = RandomSource(seed: seed)
    let words = ["the", "answer", "is", "in", "question", "then", "other", "where", "nine", "quin"]
    let phrase = { (random: inout RandomSource) in
      (0..<(1 + random.below(3))).map { _ in words[random.below(words.count)] }.joined(separator: " ")
    }
    return (0..<count).map { index in
      let size = 2 + random.below(3)
      let choices = (0..<size).map { "\"\(phrase(&random)) \($0)\"" }.joined(separator: ", ")
      return
        #"{"id": "\#(name)-\#(index)", "question": "\#(name) \#(phrase(&random)) \#(index)?", "choices": [\#(choices)], "#
        + #""answer": \#(random.below(size))}"# + "\n"
    }.joined()
  }

  func study(_ output: String, seeds: JSON = [7], _ change: (inout JSON) -> Void = { _ in }) throws
    -> Study
  {
    var json: JSON = [
      "name": "tiny", "output": .text(directory.file(output)),
      "model": .text("\(Fixture.root)/model/tiny-tied"),
      "seeds": seeds, "pool": ["questions": "pool.jsonl"],
      "groups": ["size": 5, "min_confidence": 0.0],
      "tune": ["epochs": 2, "batch_size": 2, "learning_rate": 0.01],
      "checkpoint_steps": 2,
      "evaluate": [
        ["role": "HOMO", "name": "home", "questions": "home.jsonl", "limit": 12],
        ["role": "OOD", "questions": "away.jsonl"],
      ],
      "noise_floor": ["prompts": 2, "limit": 6], "statistics": ["resamples": 200],
    ]
    change(&json)
    return try Study(json, baseDirectory: directory.path)
  }

  /// All that must come out the same: answers, curves, groups, contrasts.
  func numbers(_ result: StudyResult) -> JSON {
    var json = result.json
    for key in ["created", "directory", "configuration"] as [ByteString] { json.set(key, .null) }
    let curves = result.findings.training.map { $0.losses + $0.gradientNorms + [$0.weightDistance] }
    json.set("training", .array(curves.map { .numbers($0) }))
    json.set("rows", .array(result.findings.answers.flatMap { $0.ledger.rows.map(\.json) }))
    return json
  }

  /// Copies a directory with everything in it.
  func copyTree(_ source: String, to target: String) throws {
    try FileSystem.makeDirectory(target)
    for name in try FileSystem.list(source) {
      let (from, to) = ("\(source)/\(name.text)", "\(target)/\(name.text)")
      if FileSystem.isDirectory(from) {
        try copyTree(from, to: to)
      } else {
        try AtomicFile.write(MappedFile(path: from).withBytes { Array($0) }, to: to)
      }
    }
  }
}

extension String {
  /// Ids of repeated questions made their own.
  fileprivate func replacingIDs() -> String {
    split(separator: "\n").enumerated().map { index, line in
      #"{"id": "away-\#(index)""# + line.drop { $0 != "," }
    }.joined(separator: "\n")
  }
}
