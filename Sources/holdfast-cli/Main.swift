import ArgumentParser

@main
struct HoldfastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "holdfast", abstract: "What did fine-tuning do to what a model knows?")
}
