import CHDF5

/// What stands behind an HDF5 file: bytes that are read and written at addresses.
class HDF5Backing {
  /// The length of the file.
  var end: haddr_t = 0

  init(end: haddr_t) { self.end = end }

  /// Fills `bytes`, with zeros beyond the end; `false` is an error for HDF5.
  func read(_ bytes: UnsafeMutableRawBufferPointer, at address: haddr_t) -> Bool { false }

  /// Writes bytes; `false` is an error for HDF5.
  func write(_ bytes: UnsafeRawBufferPointer, at address: haddr_t, isMetadata: Bool) -> Bool { false }

  /// Gives the file its final length.
  func truncate(_ length: haddr_t) {}
}
