import ArgumentParser
import Holdfast

/// `holdfast tune`
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Fine-tune a model, or a LoRA adapter on it, on instruction data.",
    usage: "holdfast tune <model> --data <file.jsonl> --out <checkpoint.h5> [options]",
    discussion: """
      The data is JSONL or JSON: chat ({"messages": …}), ShareGPT
      ({"conversations": …}), Alpaca ({"instruction", "input", "output"}) or
      pairs ({"prompt", "response"}). The loss is taken on responses only.
      Gradient accumulation equals the large batch, and a run that was
      interrupted goes on with --resume to the same bits.

      With --lora-rank the weights stay as they are stored, quantised or not,
      and an adapter is tuned beside them. An --out that does not end in .h5
      is then a PEFT adapter directory; a .h5 file holds model and adapter.

      EXAMPLE
        holdfast tune model.gguf --data rows.jsonl --template vicuna \\
          --epochs 3 --out tuned.h5
        holdfast tune model.gguf --data rows.jsonl --lora-rank 16 \\
          --lora-alpha 32 --learning-rate 2e-4 --out adapter/
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(name: .long, help: ArgumentHelp("Instruction data.", valueName: "file.jsonl"))
  var data: String

  @Option(
    name: .long,
    help: ArgumentHelp("The checkpoint, or the adapter directory, to write.", valueName: "checkpoint.h5"))
  var out: String

  @OptionGroup(title: "Tuning") var tuning: TuningArguments

  @Flag(
    name: .long,
    help: "Go on from the checkpoint that an interrupted run with the same data and options left at --out.")
  var resume = false

  @Option(name: .long, help: "Steps between checkpoints on the way (0: only when interrupted).")
  var checkpointEvery = 0

  @OptionGroup var common: CommonOptions

  func run() throws {
    let options = try tuning.options()
    let printer = try common.begin()
    guard checkpointEvery >= 0 else {
      throw HoldfastError(.invalidArgument, "--checkpoint-every is \(checkpointEvery); it must be 0 or more")
    }
    let isDirectory = options.adapter != nil && !out.utf8.suffix(3).elementsEqual(".h5".utf8)
    let checkpoint = isDirectory ? OutputPath.plain(out) + ".checkpoint.h5" : out
    try OutputPath.check(checkpoint, besides: [model, data])
    let trainer = try trainer(options, checkpoint)
    let resumed = trainer.completedSteps
    let policy = CheckpointPolicy(path: checkpoint, everySteps: checkpointEvery)
    let result = try printer.during { progress throws(HoldfastError) in
      try trainer.run(checkpoints: policy, progress: progress)
    }
    if isDirectory {
      try result.saveAdapter(to: out)
      try FileSystem.remove(checkpoint)
    } else {
      try result.save(to: out)
    }
    var json = result.json
    json.set("checkpoint", .text(out))
    json.set("resumed_at_step", .int(resumed))
    common.show(json) { Self.describe(result, resumed, out) }
  }

  /// A new run, or the interrupted one when there is something to resume.
  private func trainer(_ options: TuningOptions, _ checkpoint: String) throws(HoldfastError) -> Trainer {
    let model = try Model.load(model)
    let examples = try InstructionData(path: data).examples(for: model, options: options)
    guard resume else { return try Trainer(model: model, examples: examples, options: options) }
    guard FileSystem.exists(checkpoint) else {
      if !common.quiet { Console.note("\(checkpoint) is not there yet: a new run begins") }
      return try Trainer(model: model, examples: examples, options: options)
    }
    return try Trainer(resuming: checkpoint, examples: examples, options: options, base: model)
  }

  private static func describe(_ result: TuningResult, _ resumed: Int, _ path: String) {
    Console.print(
      "\(result.exampleCount) examples, \(result.records.count) steps, \(result.targetTokens) target tokens")
    if resumed > 0 { Console.print("resumed     behind step \(resumed)") }
    if let first = result.records.first, let last = result.records.last {
      Console.print(
        "loss        \(Text.decimal(first.loss, 4)) in the first step, \(Text.decimal(last.loss, 4)) in the last"
      )
    }
    if let first = result.records.first?.kl, let last = result.records.last?.kl {
      Console.print(
        "KL to base  \(Text.decimal(first, 4)) in the first step, \(Text.decimal(last, 4)) in the last")
    }
    if result.seconds > 0 {
      let rate = Double(result.tokens) / result.seconds
      Console.print("time        \(Text.duration(result.seconds)), \(Text.decimal(rate, 0)) tokens/s")
    }
    Console.print("checkpoint  \(path)")
  }
}
