import Glibc
public import HoldfastTensor

/// A whole file mapped read-only into memory; the mapping lives as long as the object.
///
/// The bytes are paged in when they are first touched, so opening costs nothing however large the file is. A file
/// that another process shortens while it is mapped raises SIGBUS on access, as with every memory map; Holdfast
/// replaces files by renaming and never shortens one in place.
public final class MappedFile: Sendable {
  /// The path given when the file was opened.
  public let path: String
  /// The content; valid as long as this object is, so never take it from a temporary: `withBytes` keeps it alive.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// The length in bytes.
  public var count: Int { bytes.count }

  /// Maps the regular file at `path`.
  ///
  /// Throws `notFound` when there is none, `io` when it cannot be opened or is a directory or a device.
  public init(path: String) throws(HoldfastError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is not a regular file"
      throw HoldfastError(.io, "\(path): \(kind); give the path of a file")
    }
    self.path = path
    let length = status.st_size
    if length == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw .system("map", path)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: length)
  }

  /// Makes memory that stands for a part of a file which does not lie there as it is needed, a compressed one for example.
  ///
  /// `fill` writes the content, zeros until then; throws `outOfMemory` when there is not so much, and what `fill` throws.
  init(
    inMemory count: Int, path: String,
    _ fill: (UnsafeMutableRawBufferPointer) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    self.path = path
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else {
      throw HoldfastError(.outOfMemory, "\(path): there is no memory for \(count >> 20) MiB of its content")
    }
    do throws(HoldfastError) {
      try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
    } catch {
      munmap(base, count)
      throw error
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }

  /// Calls `body` with the content and keeps the mapping alive meanwhile.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }
}
