import Glibc
import Holdfast

extension Workload {
  /// A process of its own, from its start to the score of one question.
  static let start = Workload(
    name: "start", title: "a new process to the first score of a 64-token prompt", unit: .seconds,
    yardstick: .none
  ) { subject throws(HoldfastError) in
    let (questions, ledger) = (subject.folder + "/one.jsonl", subject.folder + "/one.csv")
    // The letter prompt adds some twenty tokens around the question.
    let text = try subject.model.tokenizer.decode(try subject.tokens(44))
    let row: JSON = [
      "id": "one", "question": .text(text), "choices": ["yes", "no"], "answer": 0,
    ]
    try AtomicFile.write(Array((row.text() + "\n").utf8), to: questions)
    let arguments = [
      "holdfast", "probe", subject.path, "--questions", questions, "--probe", "letter", "--out", ledger,
      "--quiet", "--json",
    ]
    return { () throws(HoldfastError) in
      try timed(1) { () throws(HoldfastError) in try run(arguments) }
    }
  }

  /// Runs this program with arguments and waits for its end; what it prints is lost.
  private static func run(_ arguments: [String]) throws(HoldfastError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    var list = arguments.map { strdup($0) }
    defer { list.forEach { free($0) } }
    list.append(nil)
    var child = pid_t()
    let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, list, environ)
    guard status == 0 else {
      throw HoldfastError(.io, "a new process could not be started: \(String(cString: strerror(status)))")
    }
    var result: Int32 = 0
    while waitpid(child, &result, 0) < 0 && errno == EINTR {}
    guard result == 0 else {
      throw HoldfastError(.internal, "the new process failed with status \(result >> 8)")
    }
  }
}
