import Glibc
import HoldfastTensor

/// A new, locked directory of files that will either become another one or disappear.
///
/// The lock (`flock`) lives as long as the process at most, so a temporary directory without one is a leftover.
final class TemporaryDirectory {
  let path: String
  private let descriptor: Int32
  private var kept = false

  private static let suffix = ".holdfast-tmp"

  /// Makes an empty directory beside `target` and removes leftovers of earlier writes to it.
  init(beside target: String, in parent: String) throws(HoldfastError) {
    let prefix = "." + String(decoding: FileSystem.name(of: target).utf8.prefix(180), as: UTF8.self) + "."
    Self.removeLeftovers(in: parent, prefix: ByteString(prefix))
    while true {
      let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(parent)/\(prefix)\(unique)\(Self.suffix)"
      guard mkdir(path, 0o777) == 0 else {
        if errno == EEXIST { continue }
        throw .system("create a directory in", parent)
      }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if descriptor < 0 {
        if errno == ENOENT { continue }  // Another writer took it for a leftover before the lock was set.
        throw .system("open the directory", path)
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, FileSystem.exists(path) {
        self.path = path
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
  }

  deinit { close(descriptor) }

  /// Flushes all files and the directory itself to the disk.
  func flush() throws(HoldfastError) {
    for name in try FileSystem.list(path) {
      let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw .system("open", "\(path)/\(name)") }
      defer { close(file) }
      guard fsync(file) == 0 else { throw .system("flush to the disk", "\(path)/\(name)") }
    }
    try AtomicFile.flushDirectory(path)
  }

  /// Says that the directory has found its place.
  func keep() { kept = true }

  /// Removes the directory and its files unless it was kept.
  func discard() {
    if !kept { Self.removeFiles(path) }
  }

  private static func removeLeftovers(in directory: String, prefix: ByteString) {
    guard let names = try? FileSystem.list(directory) else { return }
    for name in names where name.hasPrefix(prefix) && name.hasSuffix(ByteString(suffix)) {
      let path = "\(directory)/\(name)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { removeFiles(path) }
      close(descriptor)
    }
  }

  /// Removes a directory of files; directories within are left, and it with them.
  private static func removeFiles(_ path: String) {
    for name in (try? FileSystem.list(path)) ?? [] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
