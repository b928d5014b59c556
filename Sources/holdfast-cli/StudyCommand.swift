import ArgumentParser

/// `holdfast study`
struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Run a whole study, or tell how far one is.",
    subcommands: [StudyRunCommand.self, StudyStatusCommand.self])
}
