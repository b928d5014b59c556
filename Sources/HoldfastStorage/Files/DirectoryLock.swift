import Glibc
public import HoldfastTensor

/// The right to write to a directory; no other process or thread has it as long as this object lives.
public final class DirectoryLock: @unchecked Sendable {
  private let descriptor: Int32

  /// Takes the lock of a directory, which must exist; throws `io` naming the directory when another writer has it.
  public init(_ directory: String) throws(HoldfastError) {
    let path = "\(directory)/.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system("lock the directory", directory) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      guard number == EWOULDBLOCK else { throw .system("lock the directory", directory, number) }
      throw HoldfastError(
        .io, "\(directory): another process is writing here; wait for it to end, or choose another directory")
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
