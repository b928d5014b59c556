/// The one error of the engine: what was wrong, where, and what to do about it.
public struct HoldfastError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; its raw value is the C status of `include/holdfast/base.h`.
  public enum Code: Int32, Sendable {
    /// An argument or a combination of arguments is not acceptable.
    case invalidArgument = 1
    /// A file, tensor, dataset or name does not exist.
    case notFound = 2
    /// The operating system refused to read or write (the message carries its reason).
    case io = 3
    /// A file's content is truncated, inconsistent or not what its format demands.
    case corruptData = 4
    /// The content is well-formed but asks for something this build does not have.
    case unsupported = 5
    /// Memory could not be allocated.
    case outOfMemory = 6
    /// The caller's callback, or a signal to the command, asked to stop.
    case cancelled = 7
    /// A number became NaN or infinite where that makes the result meaningless.
    case numerical = 8
    /// A prompt or a generation does not fit the model's context.
    case contextLength = 9
    /// A file was written by a newer version of its format.
    case newerVersion = 10
    /// A defect of Holdfast itself.
    case `internal` = 99
  }

  /// The kind of failure.
  public let code: Code
  /// What was wrong, where, and what to do, in one or two sentences.
  public let message: String

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// The same error with the place it happened put before its message.
  public func at(_ place: String) -> HoldfastError { HoldfastError(code, "\(place): \(message)") }
}
