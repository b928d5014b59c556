import CHDF5
public import HoldfastTensor

extension HDF5Dataset {
  /// The values as a tensor: mapped from the file where they are contiguous, as Holdfast writes weights; otherwise
  /// decompressed into memory.
  ///
  /// The dataset must be float32, float16 or bfloat16; otherwise throws `unsupported`, and `corruptData` when the values do
  /// not lie within the file or are damaged.
  public func storedTensor(name: ByteString) throws(HoldfastError) -> StoredTensor {
    let types: [HDF5Type: StorageType] = [.float32: .f32, .float16: .f16, .bfloat16: .bf16]
    guard let file = store.mapped, let type, let storage = types[type] else {
      throw HoldfastError(
        .unsupported,
        "\(place) holds \(type?.rawValue ?? "another type"), which weights cannot be; store them as little-endian float32, "
          + "float16 or bfloat16")
    }
    let (memory, offset) = try store.locked { () throws(HoldfastError) -> (MappedFile, Int) in
      try checkReadable(as: type)
      let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
      if count == 0 { return (file, 0) }
      guard H5Pget_layout(creation.id) == H5D_CONTIGUOUS else { return (try unpacked(type, file.path), 0) }
      guard let offset = Int(exactly: H5Dget_offset(id)) else {
        throw corrupt("has no values in the file")
      }
      return (file, offset)
    }
    return try StoredTensor(name: name, shape: shape, type: storage, file: memory, offset: offset)
  }

  /// The values in memory of their own, as a file would hold them contiguously; to be called under the lock.
  private func unpacked(_ type: HDF5Type, _ path: String) throws(HoldfastError) -> MappedFile {
    let chunking = try chunking()
    return try MappedFile(inMemory: count * type.size, path: path) { bytes throws(HoldfastError) in
      if let chunking {
        return try readChunks(chunking, HDF5Block(start: shape.map { _ in 0 }, extent: shape), into: bytes)
      }
      guard type.withFileType({ H5Dread(id, $0, 0, 0, 0, bytes.baseAddress) }) >= 0 else {
        throw HDF5.failure("\(place): cannot read the values")
      }
    }
  }
}
