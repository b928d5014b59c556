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

      EXAMPLE
        holdfast groups data/group/mistral-7b
      """)

  @Argument(help: "A directory with the three files of a cell, or one above such directories.")
  var directory: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    _ = try common.begin()
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
    common.show(["cells": .array(reports), "holds": .bool(holds)]) {
      for cell in cells { Self.describe(cell) }
    }
    if !holds { throw ExitCode(2) }
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
