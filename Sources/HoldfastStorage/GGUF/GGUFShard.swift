import HoldfastTensor

/// One file of a model in the GGUF format: the whole model, or a part of a split one.
struct GGUFShard {
  let file: MappedFile
  let version: Int
  let keys: [ByteString]
  let metadata: [ByteString: GGUFValue]
  let tensors: [StoredTensor]

  var path: String { file.path }

  /// Opens and checks one file; no tensor is read.
  init(path: String) throws(HoldfastError) {
    file = try MappedFile(path: path)
    var reader = GGUFReader(file: file)
    let header = try reader.header()
    version = header.version
    (keys, metadata) = try reader.metadata(count: header.metadataCount)
    let alignment = try reader.alignment(metadata)
    tensors = try reader.tensors(count: header.tensorCount, alignment: alignment)
  }
}
