import ArgumentParser
import Holdfast

/// `holdfast trace`
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Find the layers and tokens that bring an answer back: causal tracing.",
    usage: "holdfast trace <model> --prompt <text> --subject <text> [options]",
    discussion: """
      Noise on the embeddings of the subject's tokens lowers the probability of
      the answer by the total effect. Then one activation after another is put
      back as it was without noise; by how much the probability rises is its
      indirect effect (Meng et al., arXiv 2202.05262).

      EXAMPLE
        holdfast trace model.gguf --prompt "The Eiffel Tower is in the city of" \\
          --subject "Eiffel Tower" --draws 5
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(name: .shortAndLong, help: "The text whose next token is traced; - reads it from standard input.")
  var prompt: String

  @Option(name: .long, help: "The piece of the prompt whose tokens are corrupted.")
  var subject: String

  @Option(name: .long, help: "The answer's token (default: the one the model finds likeliest).")
  var answer: String?

  @Option(name: .long, help: "What is put back, such as hook_resid_post, hook_attn_out or hook_mlp_out.")
  var site = "hook_resid_post"

  @Option(name: .long, help: "How many neighbouring layers are put back together.")
  var window = 1

  @Option(name: .long, help: "The noise, in standard deviations of the subject's embeddings.")
  var noise = 3.0

  @Option(name: .long, help: "How many draws of the noise are averaged.")
  var draws = 10

  @Option(name: .long, help: "The seed of the noise.")
  var seed: UInt64 = 0

  @Option(
    name: .long, help: "Beginning-of-sequence token: automatic does what the tokenizer's configuration says.")
  var bos: BOSPolicy = .automatic

  @OptionGroup var change: InterventionArguments

  @OptionGroup var common: CommonOptions

  func run() throws {
    let printer = try common.begin()
    let text = prompt == "-" ? try StandardInput.text() : prompt
    let request = try AnalysisRequest(
      JSONNode(
        .request([
          ("analysis", "trace"), ("prompt", .text(text)), ("subject", .text(subject)),
          ("answer", answer.map { .text($0) }), ("site", .text(site)), ("window", .int(window)),
          ("noise", .number(noise)), ("draws", .int(draws)), ("seed", .text(String(seed))),
          ("bos", .text(bos.rawValue)),
        ]), document: "the options"))
    let model = try change.apply(to: Model.load(model))
    let result = try printer.during { progress throws(HoldfastError) in
      try request.run(AnalysisRequest.Subjects(model), progress: progress)
    }
    common.show(result) { Self.describe(result) }
  }

  private static func describe(_ result: JSON) {
    let tokens = (result["tokens"]?.arrayValue ?? []).map { JSON.text($0["text"]?.textValue ?? "").text() }
    let effects = (result["indirect_effects"]?.arrayValue ?? []).map { row in
      (row.arrayValue ?? []).map { $0.doubleValue ?? .nan }
    }
    Console.print("answer           \(JSON.text(result["answer"]?[0]?["text"]?.textValue ?? "").text())")
    Console.print("its probability  \(Text.decimal(result["clean"]?.doubleValue ?? .nan))")
    Console.print("total effect     \(Text.decimal(result["total_effect"]?.doubleValue ?? .nan))\n")
    var table = Table(["token", "largest indirect effect", "at layer"])
    for (place, token) in tokens.enumerated() {
      let column = effects.map { $0[place] }
      let best = column.indices.max { column[$0] < column[$1] } ?? 0
      table.append([token, Text.decimal(column.isEmpty ? .nan : column[best]), "\(best)"])
    }
    table.print()
  }
}
