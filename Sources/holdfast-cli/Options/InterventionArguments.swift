import ArgumentParser
import Holdfast

/// Interventions to put on a model, shared by the commands that use one.
struct InterventionArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Put the interventions of this file on the model (docs/interventions.md).", valueName: "file.json"))
  var interventions: String?

  /// The model under the interventions, if there are any.
  func apply(to model: Model) throws(HoldfastError) -> Model {
    guard let interventions else { return model }
    do throws(HoldfastError) {
      return try model.with(Interventions.load(interventions))
    } catch {
      throw error.message.hasPrefix(interventions) ? error : error.at(interventions)
    }
  }
}

extension JSON {
  /// An object of the members that are there.
  static func request(_ members: [(key: ByteString, value: JSON?)]) -> JSON {
    .object(members.compactMap { member in member.value.map { (member.key, $0) } })
  }
}
