import ArgumentParser
import Glibc
import Holdfast

/// `holdfast report`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the report of a study: one HTML page with its pictures inside.",
    usage: "holdfast report <study.h5> [options]",
    discussion: """
      Needs Python with h5py and matplotlib: the one HOLDFAST_PYTHON names,
      else .venv/bin/python, else python3. The page needs no network and
      follows the reader's light or dark colours.

      EXAMPLE
        holdfast report runs/quickstart/study.h5 -o report.html
      """)

  @Argument(help: "The study file.")
  var study: String

  @Option(name: [.customShort("o"), .customLong("output"), .customLong("out")], help: "The page to write.")
  var output = "report.html"

  @Option(name: .long, help: ArgumentHelp("Also write the main picture as PNG.", valueName: "file.png"))
  var picture: String?

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let file = FileSystem.isDirectory(study) ? study + "/study.h5" : study
    guard FileSystem.exists(file) else {
      throw HoldfastError(.notFound, "\(file): there is no such study file; `holdfast study run` writes it")
    }
    try OutputPath.check(output)
    if let picture { try OutputPath.check(picture) }
    let python = try PythonInterpreter.find()
    var arguments = ["-m", "holdfast.report", file, "-o", output]
    if let picture { arguments += ["--picture", picture] }
    try python.run(arguments)
    let result: JSON = ["report": .text(output), "python": .text(python.path)]
    Console.print(json ? result.text() : "report  \(output)")
  }
}
