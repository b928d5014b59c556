public import ArgumentParser
public import Holdfast

extension BOSPolicy: ExpressibleByArgument {}
extension LearningRateSchedule: ExpressibleByArgument {}
extension MomentPrecision: ExpressibleByArgument {}
extension ProbeKind: ExpressibleByArgument {}
extension PublishedRow.Damage: ExpressibleByArgument {}
extension Mode: ExpressibleByArgument {}
extension Normalization: ExpressibleByArgument {}
extension Gate.Rule: ExpressibleByArgument {}
extension FloatPrecision: ExpressibleByArgument {}

/// The chat templates that options name.
enum Templates {
  /// What they may be given, for help and messages.
  static let known =
    "auto (the model's own), \(ChatTemplate.knownNames.joined(separator: ", ")), or the path of a .jinja file"
}
