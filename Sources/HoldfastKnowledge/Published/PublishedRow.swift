public import HoldfastStorage
import HoldfastTensor

/// One row of a published intervention group (github.com/renmengjie7/Self-Aligning, `data/group`), as it is.
public struct PublishedRow: Sendable, Equatable {
  /// What is wrong with a row's explanation; such rows are trained on by explicit choice alone.
  public enum Damage: String, Sendable, CaseIterable {
    /// There is nothing but white space.
    case empty
    /// The model's text was cut off before the fence that closes it.
    case cut
    /// It repeats the prompt it was generated with.
    case leaked
  }

  /// The question with the golden explanation, if the row has one; its id is the published number.
  public var question: Question
  /// The source the row was made of: question, labels, options.
  public var raw: JSON
  /// The exchange the golden explanation was generated in.
  public var explanationExchange: JSON
  /// Whether the row says that the model was right.
  public var isCorrect: Bool
  /// The model's answer.
  public var predicted: Int
  /// The model's probability of each choice; they sum to 1 as closely as float32 does.
  public var probabilities: [Double]
  /// The probability of the right answer, as written.
  public var goldenProbability: Double
  /// The probability of the model's answer, as written.
  public var predictedProbability: Double
  /// The choice that is trained.
  public var label: Int
  /// What the model wrote for its own answer, uncut; SELF-ALIGNING only.
  public var modelText: String?
  /// The first fenced block of it, which is trained; SELF-ALIGNING only.
  public var modelExplanation: String?

  /// The explanation that is trained: the model's own where the row has one, else the golden one.
  public var explanation: String { modelExplanation ?? question.explanation ?? "" }

  /// Everything that is wrong with the explanation.
  public var damages: Set<Damage> {
    var found: Set<Damage> = []
    if explanation.isBlank { found.insert(.empty) }
    if let modelText, FencedBlock(modelText)?.isClosed != true { found.insert(.cut) }
    if Self.repeatsPrompt(explanation) { found.insert(.leaked) }
    return found
  }

  /// Whether a text holds a heading of the prompt's format, or how one of its two prompts begins.
  static func repeatsPrompt(_ text: String) -> Bool {
    let openings = ["Below is a multiple-choice question", "The following is a multi choice question"]
    let headings = ["# Query", "# Answer", "# Instruction", "# User"]
    return text.utf8.split(separator: UInt8(ascii: "\n")).contains { line in
      let line = Substring(line)
      return headings.contains { line.hasPrefix($0) } || openings.contains { line.contains($0) }
    }
  }

  /// Reads a row; throws `corruptData` that names file, line and key when something is missing or of a wrong kind.
  init(_ node: JSONNode) throws(HoldfastError) {
    let id = try node.member("id")
    guard let number = id.json.intValue else { throw id.mismatch("a whole number") }
    var choices: [String] = []
    for choice in try node.member("choices").elements() { choices.append(try choice.text()) }
    question = Question(
      id: String(number), question: try node.member("question").text(), choices: choices,
      answer: try node.member("answer").int(), explanation: try node.optional("explanation")?.text())
    try question.validate(at: node.document)
    probabilities = []
    for value in try node.member("probs").elements() { probabilities.append(try value.double()) }
    guard probabilities.count == choices.count else {
      throw try node.member("probs").wrong(
        "must hold one probability for each of \(choices.count) choices, not \(probabilities.count)")
    }
    raw = try node.member("raw").json
    explanationExchange = try node.member("gen_exp").json
    isCorrect = try node.member("correct").bool()
    predicted = try node.member("pred").int(in: 0...(choices.count - 1))
    goldenProbability = try node.member("golden_prob").double()
    predictedProbability = try node.member("pred_prob").double()
    label = try node.member("output").int(in: 0...(choices.count - 1))
    modelText = try node.optional("model_exp_gen")?.text()
    modelExplanation = try node.optional("model_exp")?.text()
  }

  /// The row as a ledger has it, with the published probabilities to the bit.
  var ledgerRow: LedgerRow {
    LedgerRow(published: probabilities, id: question.id, gold: question.answer, choices: question.choices)
  }
}

/// What stands between the first fence of a text and the next one, or the text's end.
struct FencedBlock: Equatable {
  /// The block, without white space around it.
  let text: String
  /// Whether a fence closes it.
  let isClosed: Bool

  /// The fence: three grave accents.
  static let fence = "```"

  /// `nil` when there is no fence.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let open = Self.fence(in: bytes[...]) else { return nil }
    let rest = bytes[(open + Self.fence.utf8.count)...]
    let close = Self.fence(in: rest)
    isClosed = close != nil
    let block = String(decoding: rest[rest.startIndex..<(close ?? rest.endIndex)], as: UTF8.self)
    self.text = block.trimmingWhiteSpace()
  }

  /// Where the first fence begins.
  private static func fence(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: fence.utf8) }
  }
}

extension String {
  /// The text without white space at its ends.
  func trimmingWhiteSpace() -> String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
