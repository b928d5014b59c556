/// How two models are compared.
public struct CompareOptions: Sendable, Equatable {
  /// Intervals.
  public var bootstrap = Bootstrap()
  /// The bound of the gate, -1 … 1.
  public var minConsistency = 0.8
  /// What the gate holds the interval against; `noiseFloor` needs `floorPrompts`.
  public var rule = Gate.Rule.absolute
  /// Alternative prompts that the noise floor is measured with; 0 leaves it out.
  public var floorPrompts = 0
  /// Questions the noise floor is measured on; `nil` means all.
  public var floorLimit: Int? = 100
  /// The most changed answers of each kind that are shown with their questions.
  public var examples = 3

  /// Makes the defaults: 2000 resamples, 95 %, threshold 0.8, no noise floor.
  public init() {}
}
