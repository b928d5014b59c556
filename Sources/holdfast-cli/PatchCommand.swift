import ArgumentParser
import Holdfast

/// `holdfast patch`
struct PatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch",
    abstract: "Put one model's layers into another and tell where they differ.",
    usage: "holdfast patch <base> <tuned> --questions <file.jsonl> [options]",
    discussion: """
      Layer after layer, the activations (or the weights) of one model take the
      place of the other's, in both directions, while the questions are asked
      with identical tokens. Shows how consistent the patched model stays with
      itself and how far it moves to the other one, what became of its answers,
      and its accuracy, with bootstrap bands over items that hold for all layers
      at once. Nulls: a random direction of equal norm, and a second tuned model
      of another seed, where there is one.
      With --keep, a killed run goes on where it was.

      EXAMPLE
        holdfast patch model.gguf tuned.h5 --questions arc.jsonl --limit 100 \\
          --out curve.csv --keep runs/patch
      """)

  @Argument(help: "The model before tuning.")
  var base: String

  @Argument(help: "The tuned model.")
  var tuned: String

  @Option(name: .long, help: ArgumentHelp("A model tuned with another seed, for a null.", valueName: "model"))
  var second: String?

  @OptionGroup(title: "Probe") var probe: ProbeArguments

  @Option(
    name: .long,
    help:
      "What is taken: activations, or the weights of a block, of its attention or of its feed_forward network."
  )
  var what = "activations"

  @Option(
    name: .long, help: "Where activations are taken, such as hook_resid_post (the default) or hook_mlp_out.")
  var site: String?

  @Flag(name: .customLong("last-token"), help: "Take activations at the last token of the prompt only.")
  var lastToken = false

  @Option(name: .long, parsing: .upToNextOption, help: "The layers (default: all).")
  var layers: [Int] = []

  @Flag(name: .customLong("no-random-null"), help: "Leave the null of a random direction out.")
  var noRandomNull = false

  @Option(name: .long, help: "Bootstrap resamples.")
  var resamples = 2000

  @Option(
    name: [.long, .customLong("output")],
    help: ArgumentHelp(
      "Also write the curves: .csv, .jsonl, .json, or HDF5 with every answer.", valueName: "file"))
  var out: String?

  @Option(name: .long, help: ArgumentHelp("Keep answers in this folder as they come.", valueName: "folder"))
  var keep: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let options = try probe.options()
    let printer = try common.begin()
    if let out { try OutputPath.check(out, besides: [base, tuned, probe.questions, probe.dev]) }
    let sets = try probe.sets()
    if let keep { try FileSystem.makeDirectory(keep) }
    let chosen: JSON? = layers.isEmpty ? nil : .array(layers.map { .int($0) })
    let positions: JSON? = lastToken ? "last" : nil
    let members: [(key: ByteString, value: JSON?)] = [
      ("analysis", "patch"), ("probe", options.json), ("what", .text(what)), ("site", site.map { .text($0) }),
      ("positions", positions), ("layers", chosen), ("random_null", .bool(!noRandomNull)),
      ("resamples", .int(resamples)), ("directory", keep.map { .text($0) }),
    ]
    let request = try AnalysisRequest(JSONNode(.request(members), document: "the options"))
    let base = try Model.load(base)
    let subjects = AnalysisRequest.Subjects(
      base, tuned: try Model.load(tuned, beside: base),
      second: try second.map { path throws(HoldfastError) in try Model.load(path, beside: base) },
      questions: sets.questions, demonstrations: sets.demonstrations)
    let patch = try printer.during { progress throws(HoldfastError) in try request.patch(subjects, progress) }
    if let out { try patch.write(to: out) }
    common.show(patch.json) { Console.write(patch.text, to: 1) }
  }
}
