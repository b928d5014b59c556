import ArgumentParser
import Holdfast

/// `holdfast probe`
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Ask a model multiple-choice questions and record what it knows.",
    usage: "holdfast probe <model> --questions <file.jsonl> --out <ledger.h5> [options]",
    discussion: """
      Writes a ledger: for each question the prediction, the probability of
      every choice, the tokens and the prompt, in an HDF5 file that any HDF5
      tool reads. Numbers depend neither on the batch size nor on the threads.

      EXAMPLE
        holdfast probe model.gguf --questions arc.jsonl --out before.h5
        holdfast probe model.gguf --questions test.jsonl --dev dev.jsonl \\
          --domain engineering --mode paper --out letters.h5
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @OptionGroup(title: "Probe") var probe: ProbeArguments

  @Option(
    name: [.long, .customLong("output")],
    help: ArgumentHelp(
      "The ledger to write: .csv, .jsonl, or HDF5, which keeps everything.", valueName: "ledger.h5"))
  var out: String

  @Flag(
    name: .long,
    help:
      "Also tell how well each answer is known (SliCK): 10 prompts of 4 demonstrations, 16 samples each; needs --dev."
  )
  var slick = false

  @OptionGroup var change: InterventionArguments

  @OptionGroup var common: CommonOptions

  func run() throws {
    let options = try probe.options(measuringKnowledge: slick)
    let printer = try common.begin()
    try OutputPath.check(out, besides: [model, probe.questions, probe.dev])
    let sets = try probe.sets()
    let model = try change.apply(to: Model.load(model))
    let ledger = try printer.during { progress throws(HoldfastError) in
      let ledger = try Probe.run(
        model, sets.questions, demonstrations: sets.demonstrations, options: options, progress: progress)
      guard slick, let demonstrations = sets.demonstrations else { return ledger }
      return ledger.with(
        try SliCK().measure(
          model, sets.questions, demonstrations: demonstrations, options: options, progress: progress))
    }
    try ledger.write(to: out)
    var result = ledger.summaryJSON
    result.set("ledger", .text(out))
    result.set("settings", ledger.settings.json)
    common.show(result) { Self.describe(ledger, out) }
  }

  private static func describe(_ ledger: Ledger, _ path: String) {
    Console.print("\(ledger.count) questions, \(ledger.settings.options.probe.rawValue) probe")
    if let accuracy = ledger.accuracy {
      Console.print(
        "accuracy         \(Text.percent(accuracy.value))  \(Text.percent(accuracy.interval))"
          + "  (guessing: \(Text.percent(ledger.chance)))")
      if ledger.hasNoHeadroom {
        Console.print("                 no headroom: the interval includes guessing")
      }
    }
    Console.print("mean confidence  \(Text.decimal(Statistics.mean(ledger.rows.map(\.confidence))))")
    for (category, rows) in ledger.categories {
      Console.print("\(category.rawValue)".padded(to: 17) + "\(rows)")
    }
    Console.print("ledger           \(path)")
  }
}

extension String {
  /// The text with blanks behind it up to a width.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
