import ArgumentParser
import Glibc
import Holdfast

/// `holdfast generate`
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text, greedily or by sampling.",
    usage: "holdfast generate <model> --prompt <text> [options]",
    discussion: """
      The continuation appears on standard output as it is made. The same
      model, prompt, options and seed give the same text, whatever the number
      of threads.

      EXAMPLE
        holdfast generate model.gguf --prompt "Gravity is" --max-tokens 40
        holdfast generate model.gguf --template auto --prompt "What is pi?"
      """)

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(name: .shortAndLong, help: "The text to continue; - reads it from standard input.")
  var prompt: String

  @Option(
    name: .long,
    help:
      "Put the prompt into a chat template as the user's message: \(Templates.known)."
  )
  var template = "none"

  @Option(
    name: .long, help: "Beginning-of-sequence token: automatic does what the tokenizer's configuration says.")
  var bos: BOSPolicy = .automatic

  @Option(name: [.customShort("n"), .long], help: "New tokens at most.")
  var maxTokens = 128

  @Option(name: .long, help: "Divides the logits before sampling; 0 takes the likeliest token.")
  var temperature: Float = 0

  @Option(name: .long, help: "Samples among the likeliest tokens that together have this probability.")
  var topP: Float = 1

  @Option(name: .long, help: "The seed of the sampling.")
  var seed: UInt64 = 0

  @Option(name: .long, help: "A text that ends the generation; may be repeated.")
  var stop: [String] = []

  @OptionGroup var change: InterventionArguments

  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try common.begin()
    var options = SamplingOptions()
    options.maxTokens = maxTokens
    options.temperature = temperature
    options.topP = topP
    options.seed = seed
    options.stop = stop
    try options.validate()
    let text = prompt == "-" ? try StandardInput.text() : prompt
    let model = try change.apply(to: Model.load(model))
    let tokens = try encoded(text, model.tokenizer)
    let streams = !common.json
    let generation = try model.makeSession().generate(tokens, options: options) { piece in
      if streams { Console.write(piece, to: STDOUT_FILENO) }
      return !Interruption.requested
    }
    let result: JSON = [
      "text": .text(generation.text), "end": .text(generation.end.rawValue),
      "tokens": .array(generation.tokens.map { .integer(Int64($0)) }), "prompt_tokens": .int(tokens.count),
      "seed": .text(String(seed)),
    ]
    common.show(result) { Console.print("") }
  }

  /// The tokens of the prompt inside the template asked for.
  private func encoded(_ text: String, _ tokenizer: Tokenizer) throws(HoldfastError) -> [Int32] {
    if template == "none" { return try tokenizer.encode(text, bos: bos) }
    let template = try ChatTemplate.resolve(template, for: tokenizer)
    return try tokenizer.encode([Message(.user, text)], template: template, bos: bos).tokens
  }
}
