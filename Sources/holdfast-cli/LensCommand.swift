import ArgumentParser
import Holdfast

/// `holdfast lens`
struct LensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lens",
    abstract: "Read what every layer would answer: the logit lens and logit attribution.",
    usage: "holdfast lens <model> --prompt <text> [options]",
    discussion: """
      Puts the residual stream behind every layer through the final norm and
      the output projection and shows the likeliest tokens behind the last
      token of the prompt. With --attribute, takes the logits of the targets
      apart into what the embedding and every layer add.

      EXAMPLE
        holdfast lens model.gguf --prompt "The capital of France is" \\
          --target " Paris" --attribute
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(name: .shortAndLong, help: "The text to read; - reads it from standard input.")
  var prompt: String

  @Option(name: .long, help: "A token whose probability and rank are shown; may be repeated.")
  var target: [String] = []

  @Option(name: .long, help: "How many of the likeliest tokens are shown.")
  var top = 5

  @Flag(name: .long, help: "Take the logits of the targets apart.")
  var attribute = false

  @Option(
    name: .long, help: "Beginning-of-sequence token: automatic does what the tokenizer's configuration says.")
  var bos: BOSPolicy = .automatic

  @OptionGroup var change: InterventionArguments

  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try common.begin()
    Interruption.endAtOnce()
    let text = prompt == "-" ? try StandardInput.text() : prompt
    guard !attribute || !target.isEmpty else {
      throw HoldfastError(
        .invalidArgument, "--attribute needs a token whose logit is taken apart; name it with --target")
    }
    let model = try change.apply(to: Model.load(model))
    let targets = JSON.array(target.map { .text($0) })
    var members: [(key: ByteString, value: JSON?)] = [
      ("analysis", .text(attribute ? "attribution" : "lens")), ("prompt", .text(text)),
      ("bos", .text(bos.rawValue)), ("targets", targets),
    ]
    if !attribute { members += [("positions", [-1]), ("top", .int(top))] }
    let request = try AnalysisRequest(JSONNode(.request(members), document: "the options"))
    let result = try request.run(AnalysisRequest.Subjects(model))
    common.show(result) { attribute ? describeParts(result) : describe(result) }
  }

  private func describe(_ result: JSON) {
    var table = Table(["layer"] + target + ["likeliest tokens"])
    for (index, site) in (result["sites"]?.arrayValue ?? []).enumerated() {
      let cell = site["positions"]?[0]
      let known = zip(
        cell?["target_log_probabilities"]?.arrayValue ?? [], cell?["target_ranks"]?.arrayValue ?? []
      ).map { "\(Text.decimal($0.doubleValue ?? .nan)) (rank \($1.intValue ?? 0))" }
      let top = (cell?["top"]?.arrayValue ?? []).map {
        "\(Self.quoted($0["text"]?.textValue ?? "")) \(Text.decimal($0["probability"]?.doubleValue ?? .nan))"
      }
      table.append([index == 0 ? "in" : "\(index - 1)"] + known + [top.joined(separator: "  ")])
    }
    table.print()
  }

  private func describeParts(_ result: JSON) {
    var table = Table(["part"] + target)
    let row = { (values: JSON?) in (values?.arrayValue ?? []).map { Text.decimal($0.doubleValue ?? .nan) } }
    for part in result["parts"]?.arrayValue ?? [] {
      table.append([part["name"]?.textValue ?? ""] + row(part["values"]))
    }
    table.append(["sum"] + row(result["sums"]))
    table.append(["logit"] + row(result["logits"]))
    table.print()
  }

  private static func quoted(_ text: String) -> String { JSON.text(text).text() }
}
