import Glibc
import HoldfastTensor

@testable import HoldfastStorage

/// Files stored with the tests.
enum Fixture {
  /// The path of a fixture of the storage room.
  static func path(_ name: String, file: String = #filePath) -> String {
    let tests = FileSystem.parent(of: FileSystem.parent(of: file) ?? "") ?? ""
    return "\(tests)/Fixtures/storage/\(name)"
  }

  /// The path of something in the data shared by all, or `nil` when there is none.
  static func shared(_ name: String, file: String = #filePath) -> String? {
    let root = FileSystem.parent(of: FileSystem.parent(of: FileSystem.parent(of: file) ?? "") ?? "") ?? ""
    let base = getenv("HOLDFAST_SHARED").map { String(cString: $0) } ?? "\(root)/../shared"
    let path = "\(base)/\(name)"
    return FileSystem.exists(path) ? path : nil
  }
}

/// The code of the error that `body` throws, or `nil` when it throws none.
func code<Result>(_ body: () throws -> Result) -> HoldfastError.Code? {
  do {
    _ = try body()
    return nil
  } catch let error as HoldfastError {
    return error.code
  } catch {
    return .internal
  }
}

/// Calls `body` with a new directory that is removed afterwards.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  var template = Array("/tmp/holdfast-storage-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw HoldfastError(.io, "cannot make a temporary directory") }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { removeTree(path) }
  try body(path)
}

private func removeTree(_ path: String) {
  if FileSystem.isDirectory(path), let names = try? FileSystem.list(path) {
    for name in names { removeTree("\(path)/\(name)") }
  }
  _ = Glibc.remove(path)
}

/// Runs a program and returns its status and what it printed; `nil` when there is no such program.
func run(_ arguments: [String]) throws -> (status: Int32, output: String)? {
  var pipes: [Int32] = [0, 0]
  guard pipe(&pipes) == 0 else { throw HoldfastError(.io, "cannot make a pipe") }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
  posix_spawn_file_actions_addclose(&actions, pipes[0])
  var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for string in strings { free(string) } }
  var process: pid_t = 0
  let started = posix_spawnp(&process, arguments[0], &actions, nil, &strings, environ)
  close(pipes[1])
  defer { close(pipes[0]) }
  guard started == 0 else { return nil }
  var output: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65536)
  while case let count = read(pipes[0], &piece, piece.count), count > 0 { output += piece[..<count] }
  var status: Int32 = 0
  waitpid(process, &status, 0)
  return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, String(decoding: output, as: UTF8.self))
}

/// The bytes of a file.
func contents(_ path: String) throws -> [UInt8] {
  try MappedFile(path: path).withBytes { Array($0) }
}
