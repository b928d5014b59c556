import Glibc
import Holdfast

/// Standard input, read to its end or line by line.
enum StandardInput {
  private static let limit = 1 << 24

  /// Its lines, as bytes without what ends them, read as they come.
  struct Lines {
    private var read: [UInt8] = []
    private var start = 0
    private var hasEnded = false

    /// The next line, or `nil` behind the last one; throws `io` when it cannot be read.
    mutating func next() throws(HoldfastError) -> [UInt8]? {
      var searched = start
      while true {
        if let end = read[searched...].firstIndex(of: UInt8(ascii: "\n")) {
          defer { start = end + 1 }
          return Array(read[start..<end])
        }
        if hasEnded {
          defer { start = read.count }
          return start == read.count ? nil : Array(read[start...])
        }
        read.removeFirst(start)
        (start, searched) = (0, read.count)
        let part = try StandardInput.part()
        hasEnded = part.isEmpty
        read += part
      }
    }
  }

  /// The text; throws `invalidArgument` when it is not UTF-8 or above 16 MiB.
  static func text() throws(HoldfastError) -> String {
    var bytes: [UInt8] = []
    while case let part = try part(), !part.isEmpty {
      bytes += part
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

  /// What can be read at once; nothing at the end.
  private static func part() throws(HoldfastError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    guard count >= 0 else {
      throw HoldfastError(.io, "standard input: \(String(cString: strerror(errno)))")
    }
    return Array(buffer[..<count])
  }
}
