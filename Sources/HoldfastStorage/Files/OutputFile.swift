import Glibc
public import HoldfastTensor

/// A file that is written from its beginning to its end.
public final class OutputFile {
  private let path: String
  private var descriptor: Int32

  /// Opens the file at `path` for writing, empty.
  public init(path: String) throws(HoldfastError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system("open for writing", path) }
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  /// Appends bytes; throws `io` when the system refuses, such as on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(HoldfastError) {
    var rest = bytes
    while let base = rest.baseAddress, !rest.isEmpty {
      let written = Glibc.write(descriptor, base, min(rest.count, 1 << 30))
      if written < 0 {
        if errno == EINTR { continue }
        throw .system("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Appends the bytes of an array.
  public func write(_ bytes: [UInt8]) throws(HoldfastError) {
    try bytes.withUnsafeBufferPointer { buffer throws(HoldfastError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Closes the file; some file systems report a full disk only now.
  public func close() throws(HoldfastError) {
    let closing = descriptor
    descriptor = -1
    guard Glibc.close(closing) == 0 || errno == EINTR else { throw .system("finish writing", path) }
  }
}
