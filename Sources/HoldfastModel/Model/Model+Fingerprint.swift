import HoldfastStorage
public import HoldfastTensor

extension Model {
  /// SHA-256, in hexadecimal, of what the model computes with: of its source alone, or where parameters lie over the weights
  /// of the source's digest, the adapter's configuration and every parameter's name and bits.
  ///
  /// Models with one fingerprint are the same; the same model may have several, as a file and as the run that wrote it.
  /// - Throws: `io` when a file cannot be read.
  public func fingerprint() throws(HoldfastError) -> String {
    let source = try provenance.sha256()
    guard let parameters else { return source }
    var hash = SHA256()
    hash.update(Array(source.utf8))
    var next: Parameters? = parameters
    while let layer = next {
      if let adapter = layer.adapter {
        hash.update(
          Array(adapter.peft(modules: adapter.targetModules, base: "", isTransposed: false).text().utf8))
      }
      for (name, tensor) in zip(layer.names, layer.tensors) {
        hash.update(name.bytes + [0])
        hash.update(UnsafeRawBufferPointer(start: tensor.pointer, count: 4 * tensor.count))
      }
      next = layer.frozen
    }
    return hash.hex
  }
}
