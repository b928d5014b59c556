import CHDF5
import Glibc
import HoldfastTensor

/// How HDF5 writes a file here: a virtual file driver to which no write ever fails.
///
/// When HDF5 1.10 cannot flush at close, it keeps the file open and crashes the process at exit. So the first write
/// the system refuses (a full disk) is remembered in `Output.failure`; from then on data is dropped and metadata kept
/// in memory, HDF5 closes in peace, and the writer throws the error and removes the file.
enum HDF5Driver {
  /// The state of a file that is being written.
  final class Output {
    let descriptor: Int32
    var end: haddr_t = 0
    /// The system's error number of the first write that failed.
    private(set) var failure: Int32?
    private var pages: [haddr_t: [UInt8]] = [:]

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Drops whatever is written from now on.
    func abandon() { fail(ECANCELED) }

    /// Remembers the first error.
    func fail(_ number: Int32) { failure = failure ?? number }

    func write(_ bytes: UnsafeRawBufferPointer, at address: haddr_t, isMetadata: Bool) {
      end = max(end, address + haddr_t(bytes.count))
      if failure == nil {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
          let count = pwrite(descriptor, base + done, min(bytes.count - done, 1 << 30), Int(address) + done)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else {
            failure = count < 0 ? errno : EIO
            break
          }
          done += count
        }
      }
      if failure != nil, isMetadata { keep(bytes, at: address) }
    }

    func read(_ bytes: UnsafeMutableRawBufferPointer, at address: haddr_t) -> Bool {
      guard let base = bytes.baseAddress else { return true }
      var done = 0
      while done < bytes.count {
        let count = pread(descriptor, base + done, min(bytes.count - done, 1 << 30), Int(address) + done)
        if count < 0, errno == EINTR { continue }
        if count < 0, failure == nil { return false }
        if count <= 0 { break }
        done += count
      }
      (base + done).initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count - done)
      guard !pages.isEmpty else { return true }
      for i in bytes.indices {
        let place = address + haddr_t(i)
        if let page = pages[place >> 12] { bytes[i] = page[Int(place & 4095)] }
      }
      return true
    }

    /// Keeps bytes in memory, over what the file has on the same pages.
    private func keep(_ bytes: UnsafeRawBufferPointer, at address: haddr_t) {
      for (i, byte) in bytes.enumerated() {
        let place = address + haddr_t(i)
        if pages[place >> 12] == nil {
          var page = [UInt8](repeating: 0, count: 4096)
          page.withUnsafeMutableBytes { _ = pread(descriptor, $0.baseAddress, 4096, Int(place & ~4095)) }
          pages[place >> 12] = page
        }
        pages[place >> 12]?[Int(place & 4095)] = byte
      }
    }
  }

  /// What HDF5 sees: its own fields first, then ours.
  private struct File {
    var base: H5FD_t
    var allocated: haddr_t
    var output: Unmanaged<Output>
  }

  private static func file(_ pointer: UnsafePointer<H5FD_t>?) -> UnsafeMutablePointer<File>? {
    UnsafeMutableRawPointer(mutating: pointer)?.assumingMemoryBound(to: File.self)
  }

  private static func output(_ pointer: UnsafePointer<H5FD_t>?) -> Output? {
    file(pointer)?.pointee.output.takeUnretainedValue()
  }

  /// The state of an open file, to be asked under the lock.
  static func output(of file: hid_t) -> Output? {
    var handle: UnsafeMutableRawPointer?
    guard H5Fget_vfd_handle(file, 0, &handle) >= 0, let handle else { return nil }
    return Unmanaged<Output>.fromOpaque(handle).takeUnretainedValue()
  }

  /// The registered driver; negative when HDF5 refused it.
  static let identifier: hid_t = {
    var driver = H5FD_class_t()
    driver.name = UnsafeRawPointer(("holdfast" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
    driver.maxaddr = haddr_t(Int64.max)
    driver.fc_degree = H5F_CLOSE_STRONG
    driver.open = { name, flags, _, _ in
      guard let name else { return nil }
      let descriptor = Glibc.open(
        name, O_RDWR | O_CLOEXEC | (flags & holdfast_h5_access_truncate() != 0 ? O_TRUNC : 0))
      guard descriptor >= 0 else { return nil }
      let output = Output(descriptor: descriptor)
      var status = stat()
      if fstat(descriptor, &status) == 0 { output.end = haddr_t(max(status.st_size, 0)) }
      let file = UnsafeMutablePointer<File>.allocate(capacity: 1)
      file.initialize(to: File(base: H5FD_t(), allocated: 0, output: .passRetained(output)))
      return UnsafeMutableRawPointer(file).assumingMemoryBound(to: H5FD_t.self)
    }
    driver.close = { pointer in
      guard let file = HDF5Driver.file(pointer) else { return -1 }
      Glibc.close(file.pointee.output.takeUnretainedValue().descriptor)
      file.pointee.output.release()
      file.deallocate()
      return 0
    }
    driver.query = { _, flags in
      // Aggregate and accumulate metadata, sieve data, aggregate small data: as the standard driver.
      flags?.pointee = 0x1F
      return 0
    }
    driver.get_eoa = { pointer, _ in HDF5Driver.file(pointer)?.pointee.allocated ?? 0 }
    driver.set_eoa = { pointer, _, address in
      HDF5Driver.file(pointer)?.pointee.allocated = address
      return 0
    }
    driver.get_eof = { pointer, _ in HDF5Driver.output(pointer)?.end ?? 0 }
    driver.get_handle = { pointer, _, handle in
      handle?.pointee = HDF5Driver.file(pointer)?.pointee.output.toOpaque()
      return 0
    }
    driver.read = { pointer, _, _, address, size, buffer in
      let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: size)
      return HDF5Driver.output(pointer)?.read(bytes, at: address) == true ? 0 : -1
    }
    driver.write = { pointer, type, _, address, size, buffer in
      let bytes = UnsafeRawBufferPointer(start: buffer, count: size)
      HDF5Driver.output(pointer)?.write(bytes, at: address, isMetadata: type != H5FD_MEM_DRAW)
      return 0
    }
    driver.truncate = { pointer, _, _ in
      guard let file = HDF5Driver.file(pointer) else { return -1 }
      let output = file.pointee.output.takeUnretainedValue()
      output.truncate(file.pointee.allocated)
      return 0
    }
    // Free space of data and global heaps on one list, of all other metadata on another (H5FD_FLMAP_DICHOTOMY).
    driver.fl_map = (
      H5FD_MEM_SUPER, H5FD_MEM_SUPER, H5FD_MEM_SUPER, H5FD_MEM_DRAW, H5FD_MEM_DRAW, H5FD_MEM_SUPER,
      H5FD_MEM_SUPER
    )
    return H5FDregister(&driver)
  }()
}

extension HDF5Driver.Output {
  /// Gives the file its final length.
  fileprivate func truncate(_ length: haddr_t) {
    guard failure == nil, length != end else { return }
    if ftruncate(descriptor, Int(length)) == 0 { end = length } else { fail(errno) }
  }
}
