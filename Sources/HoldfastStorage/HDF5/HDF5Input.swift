import CHDF5
import HoldfastTensor

/// A file that HDF5 reads, from its memory map.
///
/// Nothing beyond the end is ever read, and global heaps are checked before HDF5, which trusts them, sees them.
final class HDF5Input: HDF5Backing {
  private let file: MappedFile

  /// Maps the file at `path`.
  init(path: String) throws(HoldfastError) {
    file = try MappedFile(path: path)
    super.init(end: haddr_t(file.count))
  }

  override func read(_ bytes: UnsafeMutableRawBufferPointer, at address: haddr_t) -> Bool {
    guard let start = Int(exactly: address), start <= file.count else { return false }
    return file.withBytes { source in
      let count = min(bytes.count, source.count - start)
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<(start + count)]))
      UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).initializeMemory(as: UInt8.self, repeating: 0)
      guard GlobalHeap.begins(UnsafeRawBufferPointer(bytes)) else { return true }
      return GlobalHeap(file: source, at: start) != nil
    }
  }
}
