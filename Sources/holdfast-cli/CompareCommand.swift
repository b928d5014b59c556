import ArgumentParser
import Holdfast

/// `holdfast compare`
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tell how consistent a model's knowledge stayed, and gate on it.",
    usage: """
      holdfast compare <before> <after> --questions <file.jsonl> [options]
             holdfast compare <before-ledger.h5> <after-ledger.h5> [options]
      """,
    discussion: """
      Both models are asked the same questions with identical prompts. The
      gate holds the confidence interval of the mean consistency (rank-Pearson
      of the choices' probabilities) against a bound: it passes, with exit
      status 0, when the interval's lower bound reaches it, and fails with
      status 3 otherwise, also when the bound lies inside the interval.
      Two ledgers, of the same questions asked with the same prompts, are
      compared as they are.

      EXAMPLE
        holdfast compare model.gguf tuned.h5 --questions questions.jsonl \\
          --min-consistency 0.8
      """)

  @Argument(help: "The model before, or its ledger.")
  var before: String

  @Argument(help: "The model after, or its ledger.")
  var after: String

  @OptionGroup(title: "Probe") var probe: ProbeArguments

  @OptionGroup(title: "Gate") var gate: GateArguments

  @Option(name: .long, help: ArgumentHelp("Also write the outcome as JUnit XML.", valueName: "file.xml"))
  var junit: String?

  @Option(name: .long, help: ArgumentHelp("Also write the outcome as Markdown.", valueName: "file.md"))
  var markdown: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Put the interventions of this file on the model after (docs/interventions.md).", valueName: "file.json"
    ))
  var interventions: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let options = try gate.options()
    let probing = try probe.options()
    let printer = try common.begin()
    for path in [junit, markdown].compactMap({ $0 }) {
      try OutputPath.check(path, besides: [before, after, probe.questions, probe.dev])
    }
    let comparison = try ledgers(options) ?? models(options, probing, printer)
    if let junit { try AtomicFile.write(Array(comparison.junit.utf8), to: junit) }
    if let markdown { try AtomicFile.write(Array(comparison.markdown.utf8), to: markdown) }
    common.show(comparison.json) { Self.describe(comparison) }
    if comparison.gate.verdict != .passes { throw ExitCode(Failure.gateFailed) }
  }

  /// Compares two ledgers; `nil` when the arguments are not ledgers. Questions, where they are given, serve the examples.
  private func ledgers(_ options: CompareOptions) throws(HoldfastError) -> Comparison? {
    guard Ledger.isLedger(before), Ledger.isLedger(after) else { return nil }
    guard interventions == nil else {
      throw HoldfastError(
        .invalidArgument, "--interventions change a model, not the answers of a ledger; name models")
    }
    let questions = try probe.questions.map { path throws(HoldfastError) in try QuestionSet.read(path) }
    return try Comparison(
      before: Ledger.load(before), after: Ledger.load(after), questions: questions, options: options)
  }

  private func models(
    _ options: CompareOptions, _ probing: ProbeOptions, _ printer: ProgressPrinter
  ) throws(HoldfastError) -> Comparison {
    for path in [before, after] where !FileSystem.exists(path) {
      throw HoldfastError(.notFound, "\(path): there is no such model or ledger; check the path")
    }
    let sets = try probe.sets()
    let before = try Model.load(before)
    var after = try Model.load(after, beside: before)
    if let interventions { after = try after.with(Interventions.load(interventions)) }
    let (first, second) = (before, after)
    return try printer.during { progress throws(HoldfastError) in
      try Comparison.run(
        before: first, after: second, questions: sets.questions, demonstrations: sets.demonstrations,
        probe: probing, options: options, progress: progress)
    }
  }

  private static func describe(_ comparison: Comparison) {
    let level = Text.decimal(100 * comparison.options.bootstrap.level, 0)
    Console.print(
      "\(comparison.before.count) questions on identical prompts; intervals are \(level) % intervals\n")
    if let before = comparison.before.accuracy, let after = comparison.after.accuracy {
      var table = Table(["accuracy", "%", "interval"])
      table.append(["before", Text.decimal(100 * before.value, 1), Text.percent(before.interval)])
      table.append(["after", Text.decimal(100 * after.value, 1), Text.percent(after.interval)])
      table.print()
      if comparison.before.hasNoHeadroom {
        Console.print("no headroom: the interval before includes guessing, so losses cannot show")
      }
      let flips = comparison.consistency.flips
      let counts = Flip.allCases.map { "\($0.rawValue) \(flips[$0])" }.joined(separator: ", ")
      Console.print("\nanswers: \(counts); McNemar p \(Text.decimal(flips.mcNemar))\n")
    }
    var table = Table(["measure", "mean", "interval", "median", "undefined"])
    for entry in comparison.consistency.entries {
      table.append([
        entry.measure.rawValue, Text.decimal(entry.mean.value), Text.interval(entry.mean.interval),
        Text.decimal(entry.median), entry.undefined == 0 ? "" : "\(entry.undefined)",
      ])
    }
    table.print()
    describe(comparison.floor)
    Console.print("\nThe gate \(comparison.gate.sentence).")
  }

  private static func describe(_ floor: NoiseFloor?) {
    guard let floor else { return }
    Console.print("")
    var table = Table(["noise floor", "prompts", "mean", "2.5 % quantile"])
    for level in floor.levels {
      table.append([
        level.source, "\(level.prompts)", Text.decimal(level.mean), Text.decimal(level.lowQuantile),
      ])
    }
    table.print()
  }
}
