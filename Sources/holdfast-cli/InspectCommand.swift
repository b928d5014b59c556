import ArgumentParser
import Holdfast

/// `holdfast inspect`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a file is and holds, without loading it.",
    usage: "holdfast inspect <file> [options]",
    discussion: """
      Knows GGUF, safetensors, Hugging Face directories, HDF5 files, and
      Holdfast's own: checkpoints, ledgers, activations and studies.
      """)

  @Argument(help: "A file or a directory.")
  var file: String

  @Flag(name: .long, help: "List every tensor or dataset.")
  var all = false

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let description = try Inspection.describe(file)
    if json { return Console.print(description.text()) }
    Outline.print(all ? description : Self.shortened(description))
  }

  /// Long lists, tensors above all, cut to their first elements.
  private static func shortened(_ json: JSON) -> JSON {
    switch json {
    case .object(let members): .object(members.map { ($0.key, shortened($0.value)) })
    case .array(let elements) where elements.count > 8:
      .array(elements.prefix(6).map(shortened) + [.text("… \(elements.count - 6) more (--all lists them)")])
    default: json
    }
  }
}
