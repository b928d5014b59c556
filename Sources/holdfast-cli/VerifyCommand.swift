import ArgumentParser
import Holdfast

/// `holdfast verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that files are whole: structure, checksums, NaN and infinities.",
    usage: "holdfast verify <file> ... [options]",
    discussion: """
      Reads files in full. Of HDF5 files every dataset is checked, and its
      SHA-256 where it has one; Holdfast's own are also checked as the models,
      ledgers, activations or studies they are. Of GGUF, safetensors and
      Hugging Face directories every tensor is read.

      Prints one line for each finding, or one that says a file is whole.

      EXIT STATUS
        0    all files are whole
        1    something is wrong in a file
        2    a file could not be checked

      EXAMPLE
        holdfast verify model.h5 runs/*/study.h5
      """)

  @Argument(help: "Files or directories.")
  var files: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    let printer = try common.begin()
    var results: [Verification] = []
    var isUnchecked = false
    for file in files {
      do throws(HoldfastError) {
        let result = try printer.during { progress throws(HoldfastError) in
          try Verification.check(file, progress: progress)
        }
        results.append(result)
        if !common.json { for line in result.lines { Console.print(line) } }
      } catch {
        if error.code == .cancelled { throw error }
        Console.note("holdfast: \(error.message)")
        isUnchecked = true
      }
    }
    let isGood = results.allSatisfy(\.isGood)
    if common.json {
      Console.print(
        JSON.object([("ok", .bool(isGood && !isUnchecked)), ("files", .array(results.map(\.json)))]).text())
    }
    if isUnchecked { throw ExitCode(Failure.badInput) }
    if !isGood { throw ExitCode(Self.found) }
  }

  /// The exit status of files in which something is wrong, as that of `cmp` and `diff`.
  private static let found: Int32 = 1
}
