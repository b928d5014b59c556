import ArgumentParser
import Holdfast

/// `holdfast drift`
struct DriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Tell how far two models drifted apart, layer by layer.",
    usage: "holdfast drift <base> <tuned> --questions <file.jsonl> [options]",
    discussion: """
      At the last token of every prompt, behind every layer: debiased linear
      CKA, cosine, and what the logit lens says (consistency of the choices, and
      how often the likeliest token is the same). Bands hold for all layers at
      once.

      EXAMPLE
        holdfast drift model.gguf tuned.h5 --questions arc.jsonl --limit 200
      """)

  @Argument(help: "The model before tuning.")
  var base: String

  @Argument(help: "The tuned model.")
  var tuned: String

  @OptionGroup(title: "Probe") var probe: ProbeArguments

  @OptionGroup var common: CommonOptions

  func run() throws {
    let options = try probe.options()
    let printer = try common.begin()
    let sets = try probe.sets()
    let base = try Model.load(base)
    let tuned = try Model.load(tuned, beside: base)
    let drift = try printer.during { progress throws(HoldfastError) in
      try DriftByLayer.run(
        base: base, tuned: tuned, questions: sets.questions, demonstrations: sets.demonstrations,
        probe: options, progress: progress)
    }
    common.show(drift.json) {
      guard let curve = drift.curves.first else { return }
      var table = Table(["layer", "CKA", "cosine", "lens consistency", "same likeliest token"])
      for place in drift.sites.indices {
        table.append([
          place == 0 ? "in" : "\(place - 1)", Text.decimal(curve.cka[place]),
          Text.decimal(curve.cosine.values[place]), Text.decimal(curve.lensConsistency.values[place]),
          Text.decimal(curve.lensSameTop.values[place]),
        ])
      }
      table.print()
    }
  }
}
