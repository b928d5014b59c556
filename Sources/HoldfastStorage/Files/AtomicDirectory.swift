import Glibc
public import HoldfastTensor

/// Makes directories so that at any moment, whatever happens, there is either none or the whole one.
///
/// The files go to a temporary directory beside the target, are flushed to the disk, and the directory is renamed. What a
/// killed process left is removed by the next write to the same target.
public enum AtomicDirectory {
  /// Lets `body` fill the directory at the temporary path it is given with files, then renames it to `path`.
  ///
  /// Directories above the target are made. Throws `invalidArgument` when the target is a directory that is not empty
  /// or the working directory, `io` when it is a file, and what `body` throws; the target is then as before, and the
  /// temporary directory is gone.
  public static func write(
    to path: String, _ body: (_ temporary: String) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    let target = try checked(path)
    let parent = FileSystem.parent(of: target) ?? "/"
    try FileSystem.makeDirectory(parent)
    let temporary = try TemporaryDirectory(beside: target, in: parent)
    defer { temporary.discard() }
    do {
      try body(temporary.path)
    } catch {
      throw HoldfastError(error.code, error.message.replacingFirst(temporary.path, with: path))
    }
    try temporary.flush()
    guard rename(temporary.path, target) == 0 else {
      if errno == ENOTEMPTY || errno == EEXIST { throw occupied(path) }
      throw .system("make the directory", path)
    }
    temporary.keep()
    try AtomicFile.flushDirectory(parent)
  }

  /// Throws when `write` would refuse this target; for asking before long work.
  public static func check(_ path: String) throws(HoldfastError) { _ = try checked(path) }

  private static func occupied(_ path: String) -> HoldfastError {
    HoldfastError(
      .invalidArgument, "\(path): the directory is not empty; choose a new one, or empty it first")
  }

  /// The path to make: without slashes at the end, and where symbolic links lead.
  private static func checked(_ path: String) throws(HoldfastError) -> String {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw HoldfastError(
        .invalidArgument, "the path of the directory to write is empty or holds a zero byte")
    }
    var bytes = path.utf8[...]
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    let target = String(decoding: bytes, as: UTF8.self)
    guard FileSystem.exists(target) else { return target }
    guard FileSystem.isDirectory(target) else {
      throw HoldfastError(.io, "\(path): is a file; give the path of a new directory")
    }
    guard try FileSystem.list(target).isEmpty else { throw occupied(path) }
    guard let real = realpath(target, nil) else { throw .system("examine", path) }
    defer { free(real) }
    if let here = realpath(".", nil) {
      defer { free(here) }
      guard strcmp(here, real) != 0 else {
        throw HoldfastError(
          .invalidArgument,
          "\(path): is the working directory, which cannot be replaced; give a new directory")
      }
    }
    return String(cString: real)
  }
}
