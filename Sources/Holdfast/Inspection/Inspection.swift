/// What a file is and holds, told without loading it.
public enum Inspection {
  /// Describes a GGUF file, a safetensors file, a Hugging Face directory, or an HDF5 file (Holdfast's checkpoints,
  /// ledgers and studies, or anyone's).
  ///
  /// - Returns: a JSON object with at least `path` and `format`; which one it is, the content says, not the name.
  /// - Throws: `notFound`, `corruptData`, `unsupported` when the file is none of these.
  public static func describe(_ path: String) throws(HoldfastError) -> JSON {
    if FileSystem.isDirectory(path) { return try directory(path) }
    let start = try opening(path)
    if start.starts(with: Array("GGUF".utf8)) { return try gguf(path) }
    if start.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) { return try hdf5(path) }
    // A safetensors file begins with the length of its header, 8 bytes, and the header with a brace.
    if start.count > 8, start[8] == UInt8(ascii: "{") { return try safetensors(path) }
    throw HoldfastError(
      .unsupported,
      "\(path): neither GGUF, safetensors nor HDF5 by its first bytes; give one of these or a Hugging Face directory"
    )
  }

  private static func opening(_ path: String) throws(HoldfastError) -> [UInt8] {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Array(file.bytes.prefix(16)) }
  }
}
