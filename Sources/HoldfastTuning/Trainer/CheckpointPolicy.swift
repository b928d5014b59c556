/// When and where a run writes checkpoints from which it can go on.
public struct CheckpointPolicy: Sendable, Equatable {
  /// The file, replaced as a whole each time.
  public var path: String
  /// Steps between checkpoints; 0 writes one only when the run is cancelled.
  public var everySteps: Int

  /// Makes a policy.
  public init(path: String, everySteps: Int = 0) {
    self.path = path
    self.everySteps = everySteps
  }
}
