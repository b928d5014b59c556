import Glibc
public import HoldfastTensor

/// Files and directories by path.
public enum FileSystem {
  /// Whether something exists at this path (a broken symbolic link does not).
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether a directory exists at this path.
  public static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether two paths lead to the same file or directory.
  public static func isSame(_ path: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(path, &first) == 0, stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The length of a file in bytes.
  public static func size(_ path: String) throws(HoldfastError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system("examine", path) }
    return status.st_size
  }

  /// Makes a directory and those above it; one that exists is fine.
  public static func makeDirectory(_ path: String) throws(HoldfastError) {
    if isDirectory(path) { return }
    if let parent = parent(of: path), !isDirectory(parent) { try makeDirectory(parent) }
    guard mkdir(path, 0o777) == 0 || (errno == EEXIST && isDirectory(path)) else {
      throw .system("make the directory", path)
    }
  }

  /// The names in a directory, without `.` and `..`, in the order of their bytes.
  public static func list(_ path: String) throws(HoldfastError) -> [ByteString] {
    guard let directory = opendir(path) else { throw .system("list the directory", path) }
    defer { closedir(directory) }
    var names: [ByteString] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { ByteString($0.prefix { $0 != 0 }) }
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .system("list the directory", path) }
    return names.sorted()
  }

  /// Removes a file, or a directory that is empty; nothing there is fine.
  public static func remove(_ path: String) throws(HoldfastError) {
    guard Glibc.remove(path) == 0 || errno == ENOENT else { throw .system("remove", path) }
  }

  /// The bytes an unprivileged process may still write to the file system that holds `path`.
  public static func freeSpace(at path: String) throws(HoldfastError) -> Int {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw .system("examine the file system", path) }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? Int.max : Int(clamping: bytes)
  }

  /// Throws `io` unless the file system that will hold `path` has room for that many bytes.
  public static func requireSpace(_ bytes: Int, for path: String) throws(HoldfastError) {
    let free = try freeSpace(at: parent(of: path) ?? ".")
    guard free > bytes else {
      throw HoldfastError(
        .io,
        "\(path): \((bytes >> 20) + 1) MB are to be written but the disk has only \(free >> 20) MB left; free some space"
      )
    }
  }

  /// The user's home directory: `HOME`, or the entry of the password file.
  public static var home: String? {
    if let home = getenv("HOME"), home.pointee != 0 { return String(cString: home) }
    guard let entry = getpwuid(getuid()) else { return nil }
    return String(cString: entry.pointee.pw_dir)
  }

  /// The directory part of a path: `nil` for `/`, `.` for a bare name.
  public static func parent(of path: String) -> String? {
    var bytes = path.utf8[...]
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    if bytes.count == 1 { return nil }
    return slash == bytes.startIndex ? "/" : String(bytes[..<slash])
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    var bytes = path.utf8[...]
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), bytes.count > 1 else {
      return String(bytes) ?? path
    }
    return String(bytes[bytes.index(after: slash)...]) ?? path
  }
}
