import Glibc
public import HoldfastTensor

/// Writes files so that at any moment, whatever happens, there is either the old content or the new one.
///
/// The new content goes to a temporary file in the same directory, which is flushed to the disk and renamed over
/// the target; then the directory is flushed. A temporary file left by a killed process is removed by the next
/// write to the same target.
public enum AtomicFile {
  /// Lets `body` write the file at the temporary path it is given, then puts it in the place of `path`.
  ///
  /// The file exists and is empty when `body` begins. Throws what `body` throws, or `io` with the system's reason;
  /// the target is then as before, and the temporary file is gone.
  public static func write(
    to path: String, _ body: (_ temporary: String) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    let target = try resolved(path)
    let directory = FileSystem.parent(of: target) ?? "/"
    let temporary = try TemporaryFile(beside: target, in: directory)
    defer { temporary.discard() }
    do {
      try body(temporary.path)
    } catch {
      throw HoldfastError(error.code, error.message.replacingFirst(temporary.path, with: path))
    }
    try temporary.flush(for: path)
    guard rename(temporary.path, target) == 0 else { throw .system("replace", path) }
    temporary.keep()
    try flushDirectory(directory)
  }

  /// Writes bytes as the whole content of a file.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(HoldfastError) {
    try write(to: path) { temporary throws(HoldfastError) in
      let output = try OutputFile(path: temporary)
      try output.write(bytes)
      try output.close()
    }
  }

  /// Writes an array of bytes as the whole content of a file.
  public static func write(_ bytes: [UInt8], to path: String) throws(HoldfastError) {
    try bytes.withUnsafeBufferPointer { buffer throws(HoldfastError) in
      try write(UnsafeRawBufferPointer(buffer), to: path)
    }
  }

  /// Puts a finished file, which lies on the same file system, in the place of `path`.
  public static func move(_ file: String, to path: String) throws(HoldfastError) {
    let target = try resolved(path)
    guard rename(file, target) == 0 else { throw .system("replace", path) }
    try flushDirectory(FileSystem.parent(of: target) ?? "/")
    try flushDirectory(FileSystem.parent(of: file) ?? "/")
  }

  /// The path a write must replace: where symbolic links lead.
  private static func resolved(_ path: String) throws(HoldfastError) -> String {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw HoldfastError(.invalidArgument, "the path of the file to write is empty or holds a zero byte")
    }
    if FileSystem.isDirectory(path) {
      throw HoldfastError(.io, "\(path): is a directory; give the path of a file to write")
    }
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// Flushes the entries of a directory; file systems that cannot do so are forgiven.
  static func flushDirectory(_ path: String) throws(HoldfastError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open the directory", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw .system("flush the directory", path)
    }
  }
}

extension String {
  /// The text with the first occurrence of `part` replaced.
  func replacingFirst(_ part: String, with other: String) -> String {
    let (all, wanted) = (Array(utf8), Array(part.utf8))
    guard !wanted.isEmpty, all.count >= wanted.count else { return self }
    for start in 0...(all.count - wanted.count)
    where all[start..<(start + wanted.count)].elementsEqual(wanted) {
      return String(decoding: all[..<start], as: UTF8.self) + other
        + String(decoding: all[(start + wanted.count)...], as: UTF8.self)
    }
    return self
  }
}
