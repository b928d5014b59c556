import Glibc

/// SIGINT and SIGTERM as a request to stop: the first sets a flag that progress reports look at, the second ends the
/// process at once. Files are written atomically, so neither leaves a half-written one.
enum Interruption {
  /// Written by the signal handler only, one byte; read by the thread that reports progress.
  nonisolated(unsafe) private static let flag: UnsafeMutablePointer<sig_atomic_t> = {
    let flag = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: 1)
    flag.initialize(to: 0)
    return flag
  }()

  /// Whether the user asked to stop.
  static var requested: Bool { flag.pointee != 0 }

  private static let signals = [SIGINT, SIGTERM]

  /// Whether whoever started the command wants it not to mind a signal, as a shell does for its background jobs.
  private static func isIgnored(_ signal: Int32) -> Bool {
    var current = sigaction()
    sigaction(signal, nil, &current)
    return current.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
  }

  /// Lets a signal end the process at once: for commands that read, compute little and write nothing that could be lost.
  static func endAtOnce() {
    for number in signals where !isIgnored(number) { signal(number, SIG_DFL) }
  }

  /// Installs the handlers; to be called once, before any work.
  static func install() {
    _ = requested
    var action = sigaction()
    // Without it a signal could make a write that is under way fail.
    action.sa_flags = SA_RESTART
    sigemptyset(&action.sa_mask)
    action.__sigaction_handler.sa_handler = { signal in
      if Interruption.flag.pointee != 0 { _exit(128 + signal) }
      Interruption.flag.pointee = 1
      let text: StaticString = "\nholdfast: stopping after the step at hand; once more stops at once\n"
      _ = Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
    for signal in signals where !isIgnored(signal) { sigaction(signal, &action, nil) }
    var ignore = sigaction()
    sigemptyset(&ignore.sa_mask)
    ignore.__sigaction_handler.sa_handler = SIG_IGN
    sigaction(SIGPIPE, &ignore, nil)
  }
}
