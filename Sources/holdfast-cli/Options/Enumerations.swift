public import ArgumentParser
public import Holdfast

extension BOSPolicy: ExpressibleByArgument {}
extension LearningRateSchedule: ExpressibleByArgument {}
extension ProbeKind: ExpressibleByArgument {}
extension Mode: ExpressibleByArgument {}
extension Normalization: ExpressibleByArgument {}
extension Gate.Rule: ExpressibleByArgument {}

/// The chat templates that options name.
enum Templates {
  /// Their names, for help and messages.
  static let known = ChatTemplate.knownNames.joined(separator: ", ")
}
