import Glibc
import HoldfastTensor

@testable import HoldfastStorage

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
