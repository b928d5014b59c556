import ArgumentParser
import Holdfast

/// `holdfast export`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model for other tools: a Hugging Face directory, or one Holdfast file.",
    usage: "holdfast export <model> --out <path> [options]",
    discussion: """
      The directory opens in transformers (AutoModelForCausalLM and
      AutoTokenizer.from_pretrained) and gives the same logits. A directory
      appears as a whole or not at all, and must be new or empty; a file
      replaces what is there.

      EXAMPLE
        holdfast export tuned.h5 --out tuned-hf --dtype bfloat16
        holdfast export model.gguf --to holdfast --out model.h5
      """)

  /// What is written.
  enum Target: String, ExpressibleByArgument, CaseIterable {
    case huggingFace = "hugging-face"
    case holdfast
  }

  @Argument(help: "A GGUF file, a Hugging Face directory or a Holdfast checkpoint.")
  var model: String

  @Option(name: .shortAndLong, help: "The directory, or the file, to write.")
  var out: String

  @Option(name: .long, help: "What to write: hugging-face (a directory) or holdfast (one HDF5 file).")
  var to: Target = .huggingFace

  @Option(name: .long, help: "The type of the weights: float32 (loses nothing), float16 or bfloat16.")
  var dtype: FloatPrecision = .float32

  @Option(name: .long, help: "The most MB a weight file of the directory may hold.")
  var shardSize = 5000

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1 << 40).contains(shardSize) else {
      throw ValidationError("--shard-size is \(shardSize) MB; it must be at least 1")
    }
  }

  func run() throws {
    let progress = try common.begin()
    switch to {
    case .huggingFace: try AtomicDirectory.check(out)
    case .holdfast: try OutputPath.check(out, besides: [model])
    }
    let model = try Model.load(model)
    try progress.during { handler throws(HoldfastError) in
      switch to {
      case .huggingFace:
        try model.exportHuggingFace(
          to: out, precision: dtype, shardBytes: shardSize * 1_000_000, progress: handler)
      case .holdfast: try model.save(to: out, precision: dtype, progress: handler)
      }
    }
    let result: JSON = [
      "model": .text(model.provenance.path), "out": .text(out), "format": .text(to.rawValue),
      "dtype": .text(dtype.rawValue), "tensors": .int(model.parameterNames.count),
      "parameters": .int(model.weights.parameterCount),
    ]
    common.show(result) {
      Console.print("\(model.parameterNames.count) tensors in \(dtype.rawValue) written to \(out)")
    }
  }
}
