extension SystemInfo {
  /// Everything, with the versions of Holdfast and of the HDF5 library in this process.
  public var json: JSON {
    func text(_ value: String?) -> JSON { value.map { .text($0) } ?? .null }
    let library: JSON = [
      "path": text(blas.path), "version": text(blas.version), "core": text(blas.core),
      "admitted": .bool(blas.admitted), "reason": .text(blas.reason),
    ]
    return [
      "version": .text(engineVersion), "processor": .text(processor),
      "features": .array(features.map { .text($0) }), "kernel": .text(kernel), "products": .text(products),
      "products_reason": .text(productsReason), "threads": .int(threads), "blas": library,
      "hdf5": .text(HDF5.version),
    ]
  }
}
