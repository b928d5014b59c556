import Glibc
import HoldfastTensor

/// A new, locked file that will either become another one or disappear.
///
/// The lock (`flock`) lives as long as the process at most, so a temporary file without one is a leftover.
final class TemporaryFile {
  let path: String
  private let descriptor: Int32
  private var kept = false

  private static let suffix = ".holdfast-tmp"

  /// Makes an empty file beside `target` and removes leftovers of earlier writes to it.
  init(beside target: String, in directory: String) throws(HoldfastError) {
    let prefix = "." + String(decoding: FileSystem.name(of: target).utf8.prefix(180), as: UTF8.self) + "."
    Self.removeLeftovers(in: directory, prefix: ByteString(prefix))
    while true {
      let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(directory)/\(prefix)\(unique)\(Self.suffix)"
      let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0, errno == EEXIST { continue }
      guard descriptor >= 0 else { throw .system("create a file in the directory", directory) }
      _ = flock(descriptor, LOCK_EX | LOCK_NB)
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 {
        self.path = path
        self.descriptor = descriptor
        return
      }
      close(descriptor)  // Another writer took it for a leftover before the lock was set.
    }
  }

  deinit { close(descriptor) }

  /// Flushes the content to the disk; `target` is named in the error.
  func flush(for target: String) throws(HoldfastError) {
    var mine = stat()
    var named = stat()
    guard fstat(descriptor, &mine) == 0, stat(path, &named) == 0 else { throw .system("examine", path) }
    guard mine.st_ino == named.st_ino, mine.st_dev == named.st_dev else {
      throw HoldfastError(.io, "\(target): its temporary file was replaced by another process")
    }
    guard fsync(descriptor) == 0 else { throw .system("flush to the disk", target) }
  }

  /// Says that the file has found its place.
  func keep() { kept = true }

  /// Removes the file unless it was kept, and gives its space back even if someone still has it open.
  func discard() {
    guard !kept else { return }
    _ = ftruncate(descriptor, 0)
    unlink(path)
  }

  /// Whether a file of this name is temporary, for a target whose name begins with `prefix`.
  static func isLeftover(_ name: ByteString, of prefix: String) -> Bool {
    name.hasPrefix(ByteString("." + prefix)) && name.hasSuffix(ByteString(suffix))
  }

  private static func removeLeftovers(in directory: String, prefix: ByteString) {
    guard let names = try? FileSystem.list(directory) else { return }
    for name in names where name.hasPrefix(prefix) && name.hasSuffix(ByteString(suffix)) {
      let path = "\(directory)/\(name)"
      let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }
}
