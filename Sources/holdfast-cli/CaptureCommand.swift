import ArgumentParser
import Holdfast

/// `holdfast capture`
struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Write a model's activations on questions or texts to an HDF5 file.",
    usage: "holdfast capture <model> --questions <file.jsonl> --out <acts.h5> [options]",
    discussion: """
      The file has a dataset for each kind of site over item, layer, position and
      what a token has there, with token ids and texts beside them; any HDF5 tool
      and xarray open it (docs/activations.md; docs/sites.md lists the sites). It
      grows as sealed segments in <acts.h5>.segments; interrupted or killed, the
      same command goes on behind the last one.

      EXAMPLE
        holdfast capture model.gguf --questions arc.jsonl --positions last \\
          --sites 'blocks.*.hook_resid_post' --dtype float16 --out acts.h5
        holdfast capture model.gguf --text 'Gravity is' --positions prompt \\
          --sites 'blocks.3.attn.hook_pattern' --out pattern.h5
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @OptionGroup(title: "Questions") var probe: ProbeArguments

  @OptionGroup(title: "Capture") var capture: CaptureArguments

  @OptionGroup var change: InterventionArguments

  @Option(
    name: [.long, .customLong("output")],
    help: ArgumentHelp("The HDF5 file to write.", valueName: "acts.h5"))
  var out: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let request = try capture.request(probe)
    let printer = try common.begin()
    try OutputPath.check(out, besides: [model, probe.questions, probe.dev])
    let sets = probe.questions == nil ? nil : try probe.sets()
    let model = try change.apply(to: Model.load(model))
    let summary = try printer.during { progress throws(HoldfastError) in
      try request.run(
        model, sets?.questions, demonstrations: sets?.demonstrations, to: out, progress: progress)
    }
    common.show(summary.json) { Self.describe(summary) }
  }

  private static func describe(_ summary: CaptureSummary) {
    Console.print("\(summary.sites) sites of \(summary.items) items written to \(summary.path)")
    if summary.resumed > 0 { Console.print("\(summary.resumed) items were there already") }
    Console.print(
      "\(summary.tokens) tokens in \(Text.decimal(summary.seconds, 2)) s, "
        + "\(Text.decimal(summary.tokensPerSecond, 1)) tokens/s "
        + "(computing \(Text.decimal(summary.computeSeconds, 2)) s, writing \(Text.decimal(summary.writeSeconds, 2)) s)"
    )
    Console.print("\(summary.bytes >> 10) KiB")
    if summary.overflows > 0 {
      Console.print(
        "\(summary.overflows) numbers were too large for the file's type and became infinite; use bfloat16 or float32"
      )
    }
  }
}
