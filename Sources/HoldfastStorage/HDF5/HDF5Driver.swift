import CHDF5
import Glibc
import HoldfastTensor

/// The virtual file driver through which HDF5 reads and writes here; `HDF5Output` and `HDF5Input` say why.
enum HDF5Driver {
  /// What HDF5 sees: its own fields first, then ours.
  private struct File {
    var base: H5FD_t
    var allocated: haddr_t
    var backing: Unmanaged<HDF5Backing>
  }

  private static func file(_ pointer: UnsafePointer<H5FD_t>?) -> UnsafeMutablePointer<File>? {
    UnsafeMutableRawPointer(mutating: pointer)?.assumingMemoryBound(to: File.self)
  }

  private static func backing(_ pointer: UnsafePointer<H5FD_t>?) -> HDF5Backing? {
    file(pointer)?.pointee.backing.takeUnretainedValue()
  }

  /// What stands behind an open file; to be asked under the lock.
  static func backing(of file: hid_t) -> HDF5Backing? {
    var handle: UnsafeMutableRawPointer?
    guard H5Fget_vfd_handle(file, 0, &handle) >= 0, let handle else { return nil }
    return Unmanaged<HDF5Backing>.fromOpaque(handle).takeUnretainedValue()
  }

  /// The registered driver; negative when HDF5 refused it.
  static let identifier: hid_t = {
    var driver = H5FD_class_t()
    driver.name = UnsafeRawPointer(("holdfast" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
    driver.maxaddr = haddr_t(Int64.max)
    driver.fc_degree = H5F_CLOSE_STRONG
    driver.open = { name, flags, _, _ in
      guard let name else { return nil }
      let isWritten = flags & holdfast_h5_access_write() != 0
      let isEmptied = flags & holdfast_h5_access_truncate() != 0
      let path = String(cString: name)
      let backing: HDF5Backing? =
        isWritten ? HDF5Output(path: path, isEmptied: isEmptied) : try? HDF5Input(path: path)
      guard let backing else { return nil }
      let file = UnsafeMutablePointer<File>.allocate(capacity: 1)
      file.initialize(to: File(base: H5FD_t(), allocated: 0, backing: .passRetained(backing)))
      return UnsafeMutableRawPointer(file).assumingMemoryBound(to: H5FD_t.self)
    }
    driver.close = { pointer in
      guard let file = HDF5Driver.file(pointer) else { return -1 }
      file.pointee.backing.release()
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
    driver.get_eof = { pointer, _ in HDF5Driver.backing(pointer)?.end ?? 0 }
    driver.get_handle = { pointer, _, handle in
      handle?.pointee = HDF5Driver.file(pointer)?.pointee.backing.toOpaque()
      return 0
    }
    driver.read = { pointer, _, _, address, size, buffer in
      let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: size)
      return HDF5Driver.backing(pointer)?.read(bytes, at: address) == true ? 0 : -1
    }
    driver.write = { pointer, type, _, address, size, buffer in
      let bytes = UnsafeRawBufferPointer(start: buffer, count: size)
      let isMetadata = type != H5FD_MEM_DRAW
      return HDF5Driver.backing(pointer)?.write(bytes, at: address, isMetadata: isMetadata) == true ? 0 : -1
    }
    driver.truncate = { pointer, _, _ in
      guard let file = HDF5Driver.file(pointer) else { return -1 }
      file.pointee.backing.takeUnretainedValue().truncate(file.pointee.allocated)
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
