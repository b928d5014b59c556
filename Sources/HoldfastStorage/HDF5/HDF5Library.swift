import CHDF5
import Glibc
import HoldfastTensor

/// The HDF5 library, behind one lock for the whole process.
///
/// The library as distributions build it may be used by one thread at a time. Every call goes through `locked`; no
/// computation and no callback runs inside. HDF5 prints nothing: its error stack becomes the text of the error.
public enum HDF5 {
  /// Runs `body` while no other thread is in the HDF5 library; may be nested.
  static func locked<Result>(
    _ body: () throws(HoldfastError) -> Result
  ) throws(HoldfastError) -> Result {
    library.enter()
    defer { library.leave() }
    guard library.isUsable else {
      throw HoldfastError(.unsupported, "the HDF5 library in this process is not one that Holdfast can use")
    }
    var printer: H5E_auto2_t?
    var data: UnsafeMutableRawPointer?
    let saved = H5Eget_auto2(0, &printer, &data) >= 0
    H5Eset_auto2(0, nil, nil)
    defer { if saved { H5Eset_auto2(0, printer, data) } }
    return try body()
  }

  /// The version of the HDF5 library in this process, such as `1.10.8`.
  public static var version: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    library.enter()
    defer { library.leave() }
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
  }

  /// The error for a call that failed just now: what was tried, and the innermost messages of HDF5's stack.
  static func failure(
    _ message: String, _ code: HoldfastError.Code = .corruptData
  ) -> HoldfastError {
    var reasons: [String] = []
    withUnsafeMutablePointer(to: &reasons) { list in
      _ = H5Ewalk2(
        0, H5E_WALK_UPWARD,
        { _, entry, context in
          if let text = entry?.pointee.desc, let context {
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
          }
          return 0
        }, list)
    }
    H5Eclear2(0)
    return HoldfastError(
      code, message + (reasons.isEmpty ? "" : " (HDF5: \(reasons.prefix(2).joined(separator: "; ")))"))
  }

  private static let library = Library()

  /// The recursive lock, and what was found when the library was first used.
  private final class Library: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let isUsable: Bool

    init() {
      var attributes = pthread_mutexattr_t()
      pthread_mutexattr_init(&attributes)
      pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
      pthread_mutex_init(mutex, &attributes)
      pthread_mutexattr_destroy(&attributes)
      // Other threads may still be at work when the process exits; HDF5 must not tear itself down under them.
      H5dont_atexit()
      var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
      isUsable =
        H5get_libversion(&major, &minor, &release) >= 0 && major == UInt32(H5_VERS_MAJOR)
        && minor == UInt32(H5_VERS_MINOR) && H5open() >= 0
    }

    func enter() { pthread_mutex_lock(mutex) }
    func leave() { pthread_mutex_unlock(mutex) }
  }
}

/// An HDF5 identifier that is closed with its last reference.
final class HDF5Handle {
  let id: hid_t
  private let close: ((hid_t) -> herr_t)?

  /// Owns `id`, which `close` releases, or borrows a global one when that is `nil`.
  init(_ id: hid_t, close: ((hid_t) -> herr_t)?) {
    self.id = id
    self.close = close
  }

  deinit {
    guard let close else { return }
    _ = try? HDF5.locked { _ = close(id) }
  }
}
