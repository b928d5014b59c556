import Glibc
import Holdfast

/// Standard input, read to its end.
enum StandardInput {
  private static let limit = 1 << 24

  /// The text; throws `invalidArgument` when it is not UTF-8 or above 16 MiB.
  static func text() throws(HoldfastError) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      guard count >= 0 else {
        throw HoldfastError(.io, "standard input: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw HoldfastError(
          .invalidArgument, "standard input has more than \(Text.bytes(limit)); give a shorter prompt")
      }
    }
    guard let text = ByteString(bytes).validText else {
      throw HoldfastError(.invalidArgument, "standard input is not valid UTF-8; convert it first")
    }
    return text
  }
}
