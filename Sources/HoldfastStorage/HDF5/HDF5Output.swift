import CHDF5
import Glibc

/// A file that HDF5 writes, in which no write ever fails for HDF5.
///
/// When HDF5 1.10 cannot flush at close, it keeps the file open and crashes the process at exit. So the first write
/// the system refuses (a full disk) is remembered in `failure`; from then on data is dropped and metadata kept in
/// memory, HDF5 closes in peace, and the writer throws the error and removes the file.
final class HDF5Output: HDF5Backing {
  private let descriptor: Int32
  /// The system's error number of the first write that failed.
  private(set) var failure: Int32?
  private var pages: [haddr_t: [UInt8]] = [:]
  private var waiting = 0
  /// After so many bytes the disk is set to work, so that the flush at the end is short.
  private static let writingBytes = 16 << 20

  /// Opens an existing file; `nil` when the system refuses.
  init?(path: String, isEmptied: Bool) {
    descriptor = open(path, O_RDWR | O_CLOEXEC | (isEmptied ? O_TRUNC : 0))
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return nil }
    super.init(end: haddr_t(max(status.st_size, 0)))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Drops whatever is written from now on.
  func abandon() { fail(ECANCELED) }

  private func fail(_ number: Int32) { failure = failure ?? number }

  override func write(_ bytes: UnsafeRawBufferPointer, at address: haddr_t, isMetadata: Bool) -> Bool {
    end = max(end, address &+ haddr_t(bytes.count))
    var rest = bytes
    var place = Int(clamping: address)
    while failure == nil, let base = rest.baseAddress, !rest.isEmpty {
      let count = pwrite(descriptor, base, min(rest.count, 1 << 30), place)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        fail(count < 0 ? errno : EIO)
        break
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      place += count
    }
    if failure != nil, isMetadata { keep(bytes, at: address) }
    waiting += bytes.count
    if waiting >= Self.writingBytes {
      waiting = 0
      holdfast_h5_begin_writing(descriptor)
    }
    return true
  }

  override func read(_ bytes: UnsafeMutableRawBufferPointer, at address: haddr_t) -> Bool {
    var rest = bytes
    var place = Int(clamping: address)
    while let base = rest.baseAddress, !rest.isEmpty {
      let count = pread(descriptor, base, min(rest.count, 1 << 30), place)
      if count < 0, errno == EINTR { continue }
      if count < 0, failure == nil { return false }
      if count <= 0 { break }
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
      place += count
    }
    rest.initializeMemory(as: UInt8.self, repeating: 0)
    guard !pages.isEmpty else { return true }
    for i in bytes.indices {
      let place = address &+ haddr_t(i)
      if let page = pages[place >> 12] { bytes[i] = page[Int(place & 4095)] }
    }
    return true
  }

  override func truncate(_ length: haddr_t) {
    guard failure == nil, length != end else { return }
    if ftruncate(descriptor, Int(clamping: length)) == 0 { end = length } else { fail(errno) }
  }

  /// Keeps bytes in memory, over what the file has on the same pages.
  private func keep(_ bytes: UnsafeRawBufferPointer, at address: haddr_t) {
    for (i, byte) in bytes.enumerated() {
      let place = address &+ haddr_t(i)
      if pages[place >> 12] == nil {
        var page = [UInt8](repeating: 0, count: 4096)
        page.withUnsafeMutableBytes {
          _ = pread(descriptor, $0.baseAddress, 4096, Int(clamping: place & ~4095))
        }
        pages[place >> 12] = page
      }
      pages[place >> 12]?[Int(place & 4095)] = byte
    }
  }
}
