import CHDF5
public import HoldfastTensor

/// An HDF5 file: written as a whole and atomically, or opened for reading.
///
/// Groups and datasets of a file may be used from several threads; calls wait for each other.
public final class HDF5File: @unchecked Sendable {
  /// The group that holds everything.
  public let root: HDF5Group
  /// The path given when the file was opened.
  public let path: String
  private let store: HDF5Store

  /// Writes a file: `body` fills its root, then it takes the place of whatever is at `path`.
  ///
  /// The root has the attributes of `format` from the start; every dataset gets its digest at the end. Whatever `body` throws, and whatever the system refuses,
  /// leaves `path` as it was. The root and all that is made in it can no longer be used when `body` has returned.
  public static func write(
    to path: String, format: FileFormat, _ body: (HDF5Group) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    try AtomicFile.write(to: path) { temporary throws(HoldfastError) in
      let store = try HDF5Store(creating: temporary, shownAs: path)
      do throws(HoldfastError) {
        let root = try HDF5Group(root: store)
        try format.write(to: root)
        try body(root)
        try root.writeChecksums()
      } catch {
        store.abandon()
        throw error
      }
      try store.finish()
    }
  }

  /// Opens a file for reading, and checks that it has the given format, if any.
  ///
  /// Throws `notFound` or `io` as the system says, `corruptData` when it is not an HDF5 file or has another format,
  /// `newerVersion` when a newer Holdfast wrote it.
  public init(path: String, format: FileFormat? = nil) throws(HoldfastError) {
    let mapped = try MappedFile(path: path)
    self.path = path
    store = try HDF5Store(reading: mapped)
    root = try HDF5Group(root: store)
    try format?.check(root)
  }

  /// Whether the file at `path` begins as HDF5 files do.
  public static func isHDF5(_ file: MappedFile) -> Bool {
    file.withBytes { $0.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) }
  }
}
