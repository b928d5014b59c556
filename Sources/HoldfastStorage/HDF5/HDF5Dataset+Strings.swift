import CHDF5
import Glibc
public import HoldfastTensor

extension HDF5Dataset {
  /// All strings of a dataset of strings.
  ///
  /// Throws `corruptData` when it holds something else or more than the file can account for.
  public func readStrings() throws(HoldfastError) -> [ByteString] {
    try store.locked { () throws(HoldfastError) -> [ByteString] in
      try checkReadable(as: .string)
      var budget = (store.mapped?.count ?? Int.max / 2) + count
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      defer { for pointer in pointers { free(pointer) } }
      guard count > 0 else { return [] }
      let status = withUnsafeMutablePointer(to: &budget) { budget -> herr_t in
        let transfer = HDF5Handle(H5Pcreate(holdfast_h5_class_dataset_transfer()), close: H5Pclose)
        // Many elements may share one string in a hostile file: what they take together is limited.
        let allocate: H5MM_allocate_t = { size, context in
          guard let left = context?.assumingMemoryBound(to: Int.self), size <= left.pointee else {
            return nil
          }
          left.pointee -= size
          return malloc(max(size, 1))
        }
        guard H5Pset_vlen_mem_manager(transfer.id, allocate, budget, { memory, _ in free(memory) }, nil) >= 0
        else { return -1 }
        return HDF5Type.string.withFileType { H5Dread(id, $0, 0, 0, transfer.id, &pointers) }
      }
      guard status >= 0 else { throw HDF5.failure("\(place): cannot read the strings") }
      return pointers.map { ByteString(copying: $0) }
    }
  }

  /// Writes all strings of a dataset of strings; they must be UTF-8 without zero bytes.
  public func writeStrings(_ strings: [ByteString]) throws(HoldfastError) {
    guard type == .string, strings.count == count else {
      throw HoldfastError(
        .invalidArgument, "\(place): \(strings.count) strings do not fit the shape \(shape)")
    }
    guard !strings.isEmpty else { return }
    let pointers = try CStrings(strings, place: place)
    try store.locked { () throws(HoldfastError) in
      let status = pointers.withPointers { strings in
        HDF5Type.string.withFileType { H5Dwrite(id, $0, 0, 0, 0, strings.baseAddress) }
      }
      guard status >= 0 else { throw HDF5.failure("\(place): cannot write the strings", .io) }
    }
  }
}
