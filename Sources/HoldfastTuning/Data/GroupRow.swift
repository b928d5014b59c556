import HoldfastStorage
import HoldfastTensor
import HoldfastText

/// A row of an intervention group: a question, its choices and the one that is to be learnt.
struct GroupRow {
  private let question: String
  private let choices: [String]
  private let label: Int
  private let explanation: String?

  /// How many choices a question may have: as many as there are letters.
  private static let choiceCounts = 2...26

  init(_ node: JSONNode) throws(HoldfastError) {
    question = try node.member("question").text()
    let list = try node.member("choices")
    var choices: [String] = []
    for choice in try list.elements() { choices.append(try choice.text()) }
    guard Self.choiceCounts.contains(choices.count) else {
      throw list.wrong("must hold 2 to 26 choices, and holds \(choices.count)")
    }
    self.choices = choices
    label = try node.member("output").int(in: 0...(choices.count - 1))
    explanation = try node.optional("explanation")?.text()
    if explanation == nil, try node.optional("model_exp") != nil {
      throw node.wrong(
        "is a published row whose explanation the model wrote, and some of those are empty, cut off or repeat the "
          + "prompt; write the rows to train on with 'holdfast groups DIRECTORY --write FOLDER'")
    }
  }

  /// The question with its lettered choices, and the answer with its explanation.
  var messages: [Message] {
    let lines = choices.indices.map { "\n" + lettered($0) }.joined()
    return [
      Message(.user, question + lines + "\nAnswer:"),
      Message(.assistant, lettered(label) + (explanation.map { "\n" + $0 } ?? "")),
    ]
  }

  private func lettered(_ place: Int) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)
    return "\(letters[place]). \(choices[place])"
  }
}
