import ArgumentParser
import Holdfast

/// `holdfast groups`
struct GroupsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "groups",
    abstract: "Check the published intervention groups of arXiv 2402.18243.",
    usage: "holdfast groups <directory> [options]",
    discussion: """
      Reads every cell (model and domain) below a directory as it is, checks
      what must hold of its three groups, builds INCOMPATIBLE and
      SELF-ALIGNING anew from the rows' probabilities, and counts the rows
      whose explanation is empty, cut before its fence or leaks the prompt.
      The exit status is 2 when something does not hold.

      With --write the groups are also written for `holdfast tune`, each with
      the explanation that is trained, and without the rows whose explanation
      is damaged; --keep leaves those in that are empty, cut or leaked.

      EXAMPLE
        holdfast groups data/group/mistral-7b
        holdfast groups data/group/mistral-7b --write groups --keep cut
      """)

  @Argument(help: "A directory with the three files of a cell, or one above such directories.")
  var directory: String

  @Option(
    name: .long,
    help: ArgumentHelp("Also write what is trained, as FOLDER/CELL/GROUP.jsonl.", valueName: "folder"))
  var write: String?

  @Option(name: .long, help: "Keep rows that are damaged so; may be repeated.")
  var keep: [PublishedRow.Damage] = []

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard keep.isEmpty || write != nil else { throw ValidationError("--keep says what --write leaves in") }
  }

  func run() throws {
    _ = try common.begin()
    if let write { try OutputPath.checkFolder(write) }
    let cells = try PublishedCell.cells(below: directory)
    guard !cells.isEmpty else {
      let files = PublishedGroup.files.map(\.file).joined(separator: ", ")
      throw HoldfastError(.notFound, "\(directory): no directory in it holds the files \(files)")
    }
    var reports: [JSON] = []
    var holds = true
    for cell in cells {
      reports.append(try cell.report())
      holds = try holds && cell.invariants.allSatisfy(\.holds) && cell.rebuildsExactly()
    }
    var written: [Written] = []
    if let write { for cell in cells { written += try self.write(cell, to: write) } }
    common.show([
      "cells": .array(reports), "holds": .bool(holds), "written": .array(written.map(\.json)),
    ]) {
      for cell in cells { Self.describe(cell) }
      for file in written {
        Console.print("\(file.path): \(file.rows) rows, \(file.leftOut) left out for their explanation")
      }
    }
    if !holds { throw ExitCode(2) }
  }

  /// A file that was written for training.
  private struct Written {
    let path: String
    let rows: Int
    let leftOut: Int
    var json: JSON { ["path": .text(path), "rows": .int(rows), "left_out": .int(leftOut)] }
  }

  private func write(_ cell: PublishedCell, to folder: String) throws(HoldfastError) -> [Written] {
    let below = cell.directory.dropFirst(OutputPath.plain(directory).count).drop { $0 == "/" }
    let name = below.isEmpty ? cell.directory.split(separator: "/").last ?? "cell" : below
    let folder = "\(folder)/\(name)"
    try FileSystem.makeDirectory(folder)
    let damages = Set(PublishedRow.Damage.allCases).subtracting(keep)
    return try cell.groups.map { group throws(HoldfastError) in
      let path = "\(folder)/\(group.name.rawValue.lowercased()).jsonl"
      try AtomicFile.write(group.trainingLines(without: damages), to: path)
      let leftOut = group.rows.count { !$0.damages.isDisjoint(with: damages) }
      return Written(path: path, rows: group.rows.count - leftOut, leftOut: leftOut)
    }
  }

  private static func describe(_ cell: PublishedCell) {
    Console.print("\(cell.directory): \(cell.incompatible.rows.count) rows in each group")
    for finding in cell.invariants {
      Console.print(
        "  \(finding.holds ? "holds" : "FAILS (\(finding.exceptions) rows)"): \(finding.statement)")
    }
    let isSame = (try? cell.rebuildsExactly()) ?? false
    Console.print(
      "  \(isSame ? "holds" : "FAILS"): built anew, the groups have the same rows, order and labels")
    for group in cell.groups {
      let damages = group.damages.map { "\($0.damage.rawValue) \($0.rows)" }.joined(separator: ", ")
      Console.print("  \(group.name.rawValue): letters \(group.letters), explanations \(damages)")
    }
    let repeated = cell.repeatedTexts
    Console.print(
      "  INCOMPATIBLE repeats \(repeated.within) of its questions' texts and \(repeated.ofHarmonious) of HARMONIOUS'\n"
    )
  }
}
