import Glibc
import Holdfast

/// Finds out before hours of work whether their result can be written.
enum OutputPath {
  /// The path without the slashes at its end.
  static func plain(_ path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Throws `io` when the folder of `path` is not there or cannot be written, or `path` is a folder itself; and
  /// `invalidArgument` when it is one of the files that are read, which would be lost.
  static func check(_ path: String, besides inputs: [String?] = []) throws(HoldfastError) {
    for input in inputs.compactMap({ $0 }) where FileSystem.isSame(path, input) {
      throw HoldfastError(
        .invalidArgument, "\(path) is read here, and writing would replace it; name another file")
    }
    guard !FileSystem.isDirectory(path) else {
      throw HoldfastError(.io, "\(path) is a folder; name a file to write")
    }
    let folder = FileSystem.parent(of: path) ?? "."
    guard FileSystem.isDirectory(folder) else {
      throw HoldfastError(.io, "\(path) cannot be written: there is no folder \(folder); make it first")
    }
    guard access(folder, W_OK) == 0 else {
      let reason = String(cString: strerror(errno))
      throw HoldfastError(.io, "\(path) cannot be written: \(folder): \(reason)")
    }
  }

  /// Throws `io` when `path` is a file, or not a folder and cannot be made because its own folder is not there.
  static func checkFolder(_ path: String) throws(HoldfastError) {
    guard !FileSystem.isDirectory(path) else { return }
    guard !FileSystem.exists(path) else {
      throw HoldfastError(.io, "\(path) is a file; name a folder")
    }
    try check(plain(path))
  }
}
