import ArgumentParser
import Holdfast

/// What every long command takes.
struct CommonOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object on standard output; progress stays on standard error.")
  var json = false

  @Flag(name: .long, help: "No progress on standard error.")
  var quiet = false

  @Option(name: .long, help: "Worker threads; the numbers do not depend on it.")
  var threads: Int?

  /// Sets the threads and makes the printer of progress.
  func begin() throws(HoldfastError) -> ProgressPrinter {
    if let threads { try Runtime.shared.setThreadCount(threads) }
    return ProgressPrinter(quiet: quiet)
  }

  /// Prints a result: as JSON, or by `words` for people.
  func show(_ result: JSON, words: () -> Void) {
    if json { Console.print(result.text()) } else { words() }
  }
}

extension ProgressPrinter {
  /// Runs work that reports progress, and ends the line in progress however it ends.
  func during<Result>(
    _ work: (ProgressHandler?) throws(HoldfastError) -> Result
  ) throws(HoldfastError) -> Result {
    defer { finish() }
    return try work(handler)
  }
}
