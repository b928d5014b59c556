import ArgumentParser
import Glibc
import Holdfast

/// Turns errors into one message on standard error and an exit status.
enum Failure {
  static let internalFailure: Int32 = 1
  static let badInput: Int32 = 2
  static let gateFailed: Int32 = 3
  static let interrupted: Int32 = 130

  /// Prints `error` and ends the process with its status.
  static func exit(with error: any Error) -> Never {
    if let error = error as? HoldfastError {
      Console.note("holdfast: \(error.message)")
      Glibc.exit(status(of: error))
    }
    let code = HoldfastCommand.exitCode(for: error)
    if code == .validationFailure {
      Console.note(HoldfastCommand.fullMessage(for: error))
      Glibc.exit(badInput)
    }
    HoldfastCommand.exit(withError: error)
  }

  /// The exit status of an engine error.
  static func status(of error: HoldfastError) -> Int32 {
    switch error.code {
    case .cancelled: interrupted
    case .internal, .outOfMemory, .numerical: internalFailure
    case .invalidArgument, .notFound, .io, .corruptData, .unsupported, .contextLength, .newerVersion: badInput
    }
  }
}
