import Glibc
import HoldfastTensor

extension HoldfastError {
  /// The error for a system call that failed on `path` while trying to `action` it, with what to do about it.
  static func system(_ action: String, _ path: String, _ number: Int32 = errno) -> HoldfastError {
    let reason = String(cString: strerror(number))
    let message = "\(path): cannot \(action): \(reason)\(remedy(number))"
    switch number {
    case ENOENT, ENOTDIR: return HoldfastError(.notFound, message)
    case ENOMEM: return HoldfastError(.outOfMemory, message)
    default: return HoldfastError(.io, message)
    }
  }

  private static func remedy(_ number: Int32) -> String {
    switch number {
    case ENOENT, ENOTDIR: "; check the path"
    case EACCES, EPERM: "; check the permissions of the file and its directory"
    case EROFS: "; choose a path on a file system that can be written"
    case ENOSPC, EDQUOT: "; free some space or choose a path on another disk"
    case EFBIG: "; the file size limit is reached (see ulimit -f)"
    case EMFILE, ENFILE: "; too many files are open (see ulimit -n)"
    default: ""
    }
  }
}
