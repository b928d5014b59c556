import ArgumentParser
import Holdfast

/// How to probe, shared by `probe` and `compare`.
struct ProbeArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Multiple-choice questions, one JSON object a line.", valueName: "file.jsonl"))
  var questions: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The questions that demonstrations are taken from.", valueName: "file.jsonl"))
  var dev: String?

  @Option(
    name: [.long, .customLong("num-fewshot")],
    help: "Demonstrations before each question (default: 0, and 5 in paper mode with --dev).")
  var shots: Int?

  @Option(name: .long, help: "What a letter prompt says the questions are about, such as engineering.")
  var domain: String?

  @Option(
    name: .long,
    help:
      "What is scored: the letter of each choice, or its text (cloze) (default: cloze, and letter in paper mode)."
  )
  var probe: ProbeKind?

  @Option(
    name: .long, help: "Whose rules are followed: what is sound, or the published code of arXiv 2402.18243.")
  var mode: Mode = .default

  @Option(name: .long, help: "What the choices of a cloze probe are compared by.")
  var normalization: Normalization = .raw

  @Option(
    name: .long, help: "Beginning-of-sequence token: automatic does what the tokenizer's configuration says.")
  var bos: BOSPolicy = .automatic

  @Option(name: .long, help: "The chat template the prompt is put into: \(Templates.known).")
  var template = "none"

  @Option(name: .long, help: "The seed that orders the demonstrations.")
  var seed: UInt64 = 42

  @Option(
    name: .customLong("demonstration-sets"),
    help: "Average over so many demonstration sets, ordered by the seed and those that follow it.")
  var demonstrationSets = 1

  @Flag(name: .customLong("all-rotations"), help: "Average a letter probe over all rotations of the choices.")
  var allRotations = false

  @Option(name: .long, help: "Only the first so many questions.")
  var limit: Int?

  @Option(name: .long, help: "Questions computed together; changes time and memory, never an answer.")
  var batchSize = 64

  /// The engine's options, checked.
  ///
  /// - Parameter measuringKnowledge: whether demonstrations are needed for the categories of knowledge.
  func options(measuringKnowledge: Bool = false) throws(HoldfastError) -> ProbeOptions {
    var options = ProbeOptions()
    options.mode = mode
    options.probe = probe ?? (mode == .paper ? .letter : .cloze)
    options.shots = shots ?? (mode == .paper && dev != nil ? 5 : 0)
    options.domain = domain
    options.seed = seed
    options.bos = bos
    options.template = template == "none" ? nil : template
    options.normalization = normalization
    options.demonstrationSets = demonstrationSets
    options.averagesRotations = allRotations
    options.limit = limit
    options.batchSize = batchSize
    try options.validate()
    guard options.shots == 0 || dev != nil else {
      throw HoldfastError(
        .invalidArgument, "--shots \(options.shots) needs demonstrations; name their file with --dev")
    }
    guard dev != nil || !measuringKnowledge else {
      throw HoldfastError(
        .invalidArgument, "--slick needs questions to take demonstrations from; name their file with --dev")
    }
    guard dev == nil || options.shots > 0 || measuringKnowledge else {
      throw HoldfastError(
        .invalidArgument, "--dev names demonstrations, but none are shown; add --shots 5 or leave --dev out")
    }
    return options
  }

  /// The questions and the demonstrations.
  func sets() throws(HoldfastError) -> (questions: QuestionSet, demonstrations: QuestionSet?) {
    guard let questions else {
      throw HoldfastError(.invalidArgument, "there are no questions; name their file with --questions")
    }
    let asked = try QuestionSet.read(questions)
    guard let dev else { return (asked, nil) }
    return (asked, try QuestionSet.read(dev))
  }
}
