import ArgumentParser
import Holdfast

/// `holdfast system-info`
struct SystemInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system-info",
    abstract: "Show the CPU, the kernels and the BLAS that were chosen, and why.")

  @Flag(name: .long, help: "Print one JSON object on standard output.")
  var json = false

  func run() throws {
    let info = Runtime.shared.systemInfo().json
    if json { Console.print(info.text()) } else { Outline.print(info) }
  }
}
