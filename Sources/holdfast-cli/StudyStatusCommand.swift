import ArgumentParser
import Glibc
import Holdfast

/// `holdfast study status`
struct StudyStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell what of a study is finished; also while it runs.",
    usage: "holdfast study status <study> [options]")

  @Argument(help: "The study file, or the study's directory.")
  var study: String

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let directory = FileSystem.isDirectory(study) ? study : try StudyFile.study(study).output
    let status = try StudyStatus(directory: directory)
    if json { Console.print(status.json.text()) } else { Console.write(status.text, to: STDOUT_FILENO) }
  }
}
