import ArgumentParser
import Holdfast

/// `holdfast join`
struct JoinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Put the answers of several ledgers side by side, question by question.",
    usage: "holdfast join <ledger.h5> <ledger.h5> … --out <table.csv> [options]",
    discussion: """
      Columns are named after the files. Questions that not all ledgers answer
      are left out.

      EXAMPLE
        holdfast join before.h5 tuned.h5 --out answers.csv
      """)

  @Argument(help: "Ledgers that `holdfast probe` wrote as HDF5.")
  var ledgers: [String]

  @Option(
    name: [.long, .customLong("output")],
    help: ArgumentHelp("The table to write: .csv or .jsonl.", valueName: "table"))
  var out: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try common.begin()
    try OutputPath.check(out, besides: ledgers)
    let named = try ledgers.map { path throws(HoldfastError) in
      (name: Self.name(path), ledger: try Ledger.load(path))
    }
    let table = try Ledger.joined(named)
    try AtomicFile.write(out.hasSuffix(".jsonl") ? table.jsonLines() : table.csv(), to: out)
    common.show(["table": .text(out), "questions": .int(table.count), "ledgers": .int(named.count)]) {
      Console.print("\(table.count) questions of \(named.count) ledgers in \(out)")
    }
  }

  /// The file's name without its ending.
  private static func name(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".h5") ? String(last.dropLast(3)) : last
  }
}
