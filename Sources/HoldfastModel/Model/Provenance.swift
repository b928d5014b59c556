import HoldfastStorage
public import HoldfastTensor

/// Where a model came from.
public final class Provenance: Sendable {
  /// The path it was loaded from.
  public let path: String
  /// `gguf`, `hugging-face`, `holdfast` or `peft`.
  public let format: String
  private let files: [MappedFile]
  /// What an adapter belongs to.
  private let base: Provenance?
  private let recorded: String?
  private let digest = Once<String>()

  init(path: String, format: String, files: [MappedFile], base: Provenance? = nil) {
    self.path = path
    self.format = format
    self.files = files
    self.base = base
    recorded = nil
  }

  /// A source as a file recorded it; nothing is read.
  public init(path: String, format: String, sha256: String) {
    self.path = path
    self.format = format
    files = []
    base = nil
    recorded = sha256
  }

  /// SHA-256 of the file, in hexadecimal; of several weight files, the SHA-256 of their digests in name order; of an
  /// adapter, that of its base's digest and its own.
  ///
  /// Computed on first use: reading a file takes longer than mapping it.
  public func sha256() throws(HoldfastError) -> String {
    if let recorded { return recorded }
    return try digest.get { () throws(HoldfastError) in
      var digests: [String] = []
      if let base { digests.append(try base.sha256()) }
      for file in files { digests.append(try SHA256.hex(file: file)) }
      if digests.count == 1 { return digests[0] }
      return SHA256.hex(Array(digests.joined(separator: "\n").utf8))
    }
  }
}
