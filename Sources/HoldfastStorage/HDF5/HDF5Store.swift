import CHDF5
import Glibc
import HoldfastTensor

/// An open HDF5 file, shared by all its groups and datasets.
final class HDF5Store {
  /// The path for messages.
  let path: String
  /// The mapped content of a file that is read.
  let mapped: MappedFile?
  let id: hid_t
  private let output: HDF5Output?
  private var isOpen = true

  /// Opens the file at a temporary path, to be written.
  init(creating temporary: String, shownAs path: String) throws(HoldfastError) {
    self.path = path
    mapped = nil
    (id, output) = try HDF5.locked { () throws(HoldfastError) -> (hid_t, HDF5Output?) in
      let access = HDF5Handle(H5Pcreate(holdfast_h5_class_file_access()), close: H5Pclose)
      let creation = HDF5Handle(H5Pcreate(holdfast_h5_class_file_create()), close: H5Pclose)
      guard HDF5Driver.identifier >= 0, H5Pset_driver(access.id, HDF5Driver.identifier, nil) >= 0,
        H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0,
        H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0, H5Pset_alignment(access.id, 4096, 64) >= 0,
        H5Pset_link_creation_order(creation.id, holdfast_h5_creation_order()) >= 0
      else { throw HDF5.failure("\(path): cannot prepare a new file", .internal) }
      let id = H5Fcreate(temporary, holdfast_h5_access_truncate(), creation.id, access.id)
      guard id >= 0 else { throw HDF5.failure("\(path): cannot create the file", .io) }
      return (id, HDF5Driver.backing(of: id) as? HDF5Output)
    }
    try checkOutput()
  }

  /// Opens a file that is mapped already.
  init(reading mapped: MappedFile) throws(HoldfastError) {
    path = mapped.path
    self.mapped = mapped
    output = nil
    let path = mapped.path
    guard HDF5File.isHDF5(mapped) else {
      throw HoldfastError(.corruptData, "\(path): this is not an HDF5 file")
    }
    // Since version 2 the metadata has checksums, without which HDF5 may crash on a damaged file.
    guard mapped.count > 8 else { throw HoldfastError(.corruptData, "\(path): the HDF5 file is truncated") }
    if mapped.withBytes({ $0[8] }) < 2 { try OldLayout.check(mapped) }
    id = try HDF5.locked { () throws(HoldfastError) -> hid_t in
      let access = HDF5Handle(H5Pcreate(holdfast_h5_class_file_access()), close: H5Pclose)
      guard HDF5Driver.identifier >= 0, H5Pset_driver(access.id, HDF5Driver.identifier, nil) >= 0,
        H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0
      else { throw HDF5.failure("\(path): cannot prepare to open the file", .internal) }
      let id = H5Fopen(path, holdfast_h5_access_read_only(), access.id)
      guard id >= 0 else { throw HDF5.failure("\(path): the HDF5 file is truncated or corrupt") }
      return id
    }
  }

  deinit {
    if isOpen { abandon() }
  }

  /// Runs `body` under the lock; throws the system's reason when something could not be written meanwhile.
  func locked<Result>(_ body: () throws(HoldfastError) -> Result) throws(HoldfastError) -> Result {
    let result: Result
    do {
      result = try HDF5.locked(body)
    } catch {
      try checkOutput()
      throw error
    }
    try checkOutput()
    return result
  }

  private func checkOutput() throws(HoldfastError) {
    if let failure = output?.failure { throw .system("write", path, failure) }
  }

  /// Closes a file that was written, and says whether all of it was.
  func finish() throws(HoldfastError) {
    isOpen = false
    let id = id
    let path = path
    try locked { () throws(HoldfastError) in
      guard H5Fclose(id) >= 0 else { throw HDF5.failure("\(path): cannot finish the file", .io) }
    }
  }

  /// Closes a file without caring for what is not yet written.
  func abandon() {
    isOpen = false
    let id = id
    let output = output
    _ = try? HDF5.locked {
      output?.abandon()
      H5Fclose(id)
    }
  }
}
