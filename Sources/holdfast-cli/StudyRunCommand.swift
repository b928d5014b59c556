import ArgumentParser
import Glibc
import Holdfast

/// `holdfast study run`
struct StudyRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Probe, build the groups, tune on each, evaluate, score the consistency.",
    usage: "holdfast study run <study.yaml> [options]",
    discussion: """
      A study is described in YAML or JSON (docs/study.md) and kept in a
      directory of its own. Run again, it goes on where it stopped: finished
      stages and rows are not computed twice, and a study that was killed
      ends in the same numbers as one that was not. Where the file lists
      `domains`, the study is carried out in each, one after the other.

      EXAMPLE
        holdfast study run examples/studies/quickstart.yaml
      """)

  @Argument(help: "The study file, YAML or JSON.")
  var study: String

  @Option(
    name: .long,
    help: ArgumentHelp("The study's directory, instead of the one the file names.", valueName: "dir"))
  var output: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let study = try StudyFile.study(study, output: output)
    let printer = try common.begin()
    let result = try printer.during { progress throws(HoldfastError) in try study.run(progress: progress) }
    common.show(result.json) {
      Console.write(Text.wrapped(result.text, width: 100), to: STDOUT_FILENO)
      Console.print("\nEverything is in \(study.output)/study.h5")
    }
  }
}
