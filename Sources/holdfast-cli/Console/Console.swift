import Glibc

/// Standard output and standard error, written whole or not at all noticed: a closed pipe ends the command quietly.
enum Console {
  /// Whether standard error is a terminal that can rewrite its line.
  static var isTerminal: Bool {
    guard isatty(STDERR_FILENO) == 1 else { return false }
    return getenv("TERM").map { String(cString: $0) } != "dumb"
  }

  /// The terminal's width in columns, 80 when it does not say.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes a line to standard output.
  static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  static func note(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// Writes text as it is.
  static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Glibc.write(descriptor, start, rest.count)
        if count > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno != EINTR && errno != EAGAIN {
          if descriptor == STDOUT_FILENO { outputFailed(errno) }
          return
        }
      }
    }
  }

  /// A reader that went away (`holdfast … | head`) is no failure; a full disk is.
  private static func outputFailed(_ code: Int32) -> Never {
    if code == EPIPE { exit(0) }
    write("holdfast: standard output: \(String(cString: strerror(code)))\n", to: STDERR_FILENO)
    exit(Failure.badInput)
  }
}
