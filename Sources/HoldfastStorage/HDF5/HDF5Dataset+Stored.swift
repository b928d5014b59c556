import CHDF5
public import HoldfastTensor

extension HDF5Dataset {
  /// The values as a tensor mapped from the file, without reading them.
  ///
  /// The dataset must be float32, float16 or bfloat16 and contiguous, as checkpoints are; otherwise throws
  /// `unsupported`, and `corruptData` when the values do not lie within the file.
  public func storedTensor(name: ByteString) throws(HoldfastError) -> StoredTensor {
    let types: [HDF5Type: StorageType] = [.float32: .f32, .float16: .f16, .bfloat16: .bf16]
    guard let file = store.mapped, let type, let storage = types[type] else {
      throw HoldfastError(
        .unsupported, "\(place) cannot be mapped: it holds \(type?.rawValue ?? "another type")")
    }
    let offset = try store.locked { () throws(HoldfastError) -> Int in
      try checkReadable(as: type)
      let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
      guard H5Pget_layout(creation.id) == H5D_CONTIGUOUS else {
        throw HoldfastError(.unsupported, "\(place) cannot be mapped: it is compressed or chunked")
      }
      if count == 0 { return 0 }
      guard let offset = Int(exactly: H5Dget_offset(id)) else {
        throw corrupt("has no values in the file")
      }
      return offset
    }
    return try StoredTensor(name: name, shape: shape, type: storage, file: file, offset: offset)
  }
}
