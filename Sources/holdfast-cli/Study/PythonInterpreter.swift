import Glibc
import Holdfast

/// The Python that draws reports.
struct PythonInterpreter {
  /// The program.
  let path: String
  /// Where the package `holdfast` lies, when it is known; else it must be installed in this Python.
  let package: String?

  /// HOLDFAST_PYTHON, else a virtual environment here or in the checkout the command was built in, else python3.
  ///
  /// Throws `notFound` that says how to get what is missing.
  static func find() throws(HoldfastError) -> PythonInterpreter {
    let checkout = checkoutDirectory
    let package = packageDirectory(checkout)
    let named = getenv("HOLDFAST_PYTHON").map { String(cString: $0) }
    let environments = [".", checkout].compactMap { $0 }.map { $0 + "/.venv/bin/python" }
    let candidates = named.map { [$0] } ?? (environments.filter(FileSystem.exists) + ["python3"])
    for candidate in candidates {
      let python = PythonInterpreter(path: candidate, package: package)
      if python.status(of: ["-c", "import h5py, matplotlib"], silent: true) == 0 { return python }
    }
    throw HoldfastError(
      .notFound,
      "no Python with h5py and matplotlib was found (tried \(candidates.joined(separator: ", "))). Get one with\n"
        + "  python3 -m venv .venv && .venv/bin/pip install numpy h5py matplotlib\n"
        + "or name one with HOLDFAST_PYTHON. The study itself does not need it.")
  }

  /// Runs Python; its own words go to standard error.
  func run(_ arguments: [String]) throws(HoldfastError) {
    let status = status(of: arguments, silent: false)
    if Interruption.requested { throw HoldfastError(.cancelled, "report: interrupted") }
    guard status == 0 else {
      let code: HoldfastError.Code = status == 2 ? .invalidArgument : .internal
      throw HoldfastError(
        code, "the report was not drawn: \(path) ended with status \(status); its words are above")
    }
  }

  /// Runs a child process and answers its exit status, 127 when it cannot be started.
  private func status(of arguments: [String], silent: Bool) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if silent {
      for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
      }
    } else {
      posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    }
    if let package {
      let old = getenv("PYTHONPATH").map { ":" + String(cString: $0) } ?? ""
      setenv("PYTHONPATH", package + old, 1)
    }
    let copies = ([path] + arguments).compactMap { strdup($0) }
    defer { copies.forEach { free($0) } }
    let words: [UnsafeMutablePointer<CChar>?] = copies + [nil]
    var child = pid_t()
    guard posix_spawnp(&child, path, &actions, nil, words, environ) == 0 else { return 127 }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { return 127 }
    }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  /// The folder of the running command, from the kernel.
  private static var commandDirectory: String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return FileSystem.parent(of: String(cString: path))
  }

  /// The checkout above the running command (`.build/<platform>/release/holdfast`).
  private static var checkoutDirectory: String? {
    var folder = commandDirectory
    for _ in 0..<5 {
      guard let here = folder else { return nil }
      if FileSystem.exists(here + "/bindings/python/holdfast/report/__init__.py") { return here }
      folder = FileSystem.parent(of: here)
    }
    return nil
  }

  /// The package in the checkout, or beside an installed command (`PREFIX/share/holdfast/python`).
  private static func packageDirectory(_ checkout: String?) -> String? {
    if let checkout { return checkout + "/bindings/python" }
    let installed = commandDirectory.map { $0 + "/../share/holdfast/python" }
    return installed.flatMap { FileSystem.exists($0 + "/holdfast/report/__init__.py") ? $0 : nil }
  }
}
