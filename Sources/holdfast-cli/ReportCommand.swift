import ArgumentParser
import Glibc
import Holdfast

/// `holdfast report`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the report of a study: one HTML page with its figures inside.",
    usage: "holdfast report <study.h5> [options]",
    discussion: """
      Needs Python with h5py and matplotlib: the one HOLDFAST_PYTHON names,
      else .venv/bin/python, else python3. The page needs no network and
      follows the reader's light or dark colours.

      With --figures every figure is also written as NAME.png and NAME.svg,
      and the numbers behind it as NAME.csv (docs/report.md).

      EXAMPLES
        holdfast report runs/quickstart/study.h5 -o report.html
        holdfast report runs/quickstart/study.h5 --figures figures
      """)

  @Argument(help: "The study file.")
  var study: String

  @Option(name: [.customShort("o"), .customLong("output"), .customLong("out")], help: "The page to write.")
  var output = "report.html"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Also write every figure as PNG and SVG, and its numbers as CSV, into this folder.", valueName: "folder"
    ))
  var figures: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Also write one PNG of accuracy and consistency, as in the README.", valueName: "file.png"))
  var picture: String?

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let file = FileSystem.isDirectory(study) ? study + "/study.h5" : study
    guard FileSystem.exists(file) else {
      throw HoldfastError(.notFound, "\(file): there is no such study file; `holdfast study run` writes it")
    }
    try OutputPath.check(output, besides: [file])
    if let picture { try OutputPath.check(picture, besides: [file]) }
    if let figures { try OutputPath.checkFolder(figures) }
    let python = try PythonInterpreter.find()
    var arguments = ["-m", "holdfast.report", file, "-o", output]
    if let picture { arguments += ["--picture", picture] }
    if let figures { arguments += ["--figures", figures] }
    try python.run(arguments)
    let result: JSON = [
      "report": .text(output), "figures": figures.map { .text($0) } ?? .null, "python": .text(python.path),
    ]
    Console.print(json ? result.text() : "report  \(output)" + (figures.map { "\nfigures \($0)" } ?? ""))
  }
}
