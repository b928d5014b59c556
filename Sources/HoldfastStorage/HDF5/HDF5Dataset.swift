import CHDF5
public import HoldfastTensor

/// A dataset of an HDF5 file: an array of numbers or strings with named axes.
public final class HDF5Dataset: HDF5Object, @unchecked Sendable {
  /// The lengths of the axes, row-major; empty for a scalar.
  public internal(set) var shape: [Int]
  /// The type of the elements, or `nil` when Holdfast does not know it.
  public let type: HDF5Type?

  /// The number of elements.
  public internal(set) var count: Int

  /// Describes an open dataset; to be called under the lock.
  ///
  /// Throws `corruptData` when the shape cannot be read or its product overflows.
  init(store: HDF5Store, path: String, id: hid_t) throws(HoldfastError) {
    let handle = HDF5Handle(id, close: H5Dclose)
    let place = "\(store.path): \(path)"
    let space = HDF5Handle(H5Dget_space(id), close: H5Sclose)
    let typeHandle = HDF5Handle(H5Dget_type(id), close: H5Tclose)
    let rank = H5Sget_simple_extent_ndims(space.id)
    var axes = [hsize_t](repeating: 0, count: Int(max(rank, 0)))
    guard space.id >= 0, typeHandle.id >= 0, rank >= 0,
      rank == 0 || H5Sget_simple_extent_dims(space.id, &axes, nil) >= 0
    else { throw HDF5.failure("\(place) cannot be described") }
    var count = H5Sget_simple_extent_type(space.id) == H5S_NULL ? 0 : 1
    var shape: [Int] = []
    for axis in axes {
      guard let length = Int(exactly: axis),
        case let (product, overflow) = count.multipliedReportingOverflow(by: length),
        !overflow
      else { throw HoldfastError(.corruptData, "\(place) has the absurd shape \(axes)") }
      shape.append(length)
      count = product
    }
    self.shape = shape
    self.count = count
    type = HDF5Type(identifying: typeHandle.id)
    super.init(store: store, path: path, handle: handle)
  }

  /// The product of all axes but the first: the elements of one row.
  public var rowCount: Int { shape.first ?? 1 }

  /// The elements of one row, all axes but the first.
  public var rowWidth: Int { shape.dropFirst().reduce(1, *) }

  /// The names of the axes, from their dimension scales; `nil` for an axis that has none.
  public func axes() throws(HoldfastError) -> [ByteString?] {
    try store.locked { () throws(HoldfastError) -> [ByteString?] in
      if H5DSis_scale(id) > 0 { return [ByteString(path).lastComponent] }
      var names: [ByteString?] = []
      for axis in shape.indices {
        guard H5DSget_num_scales(id, UInt32(axis)) > 0 else {
          names.append(nil)
          continue
        }
        var name: ByteString?
        let status = withUnsafeMutablePointer(to: &name) { result in
          H5DSiterate_scales(
            id, UInt32(axis), nil,
            { _, _, scale, context in
              var bytes = [CChar](repeating: 0, count: 1024)
              if H5Iget_name(scale, &bytes, bytes.count) > 0, let context {
                context.assumingMemoryBound(to: ByteString?.self).pointee =
                  ByteString(bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }).lastComponent
              }
              return 1
            }, result)
        }
        guard status >= 0 else { throw HDF5.failure("\(place) has a damaged dimension scale") }
        names.append(name)
      }
      return names
    }
  }

  /// Whether this is a dimension scale that only names an axis and holds no values.
  var isDimensionOnly: Bool {
    guard H5DSis_scale(id) > 0 else { return false }
    var name = [CChar](repeating: 0, count: 256)
    guard H5DSget_scale_name(id, &name, name.count) > 0 else { return false }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .hasPrefix(HDF5Group.emptyDimension)
  }

  /// Throws `corruptData` unless the elements can be read as `wanted` and take no more memory than the file can
  /// account for; to be called under the lock.
  func checkReadable(as wanted: HDF5Type) throws(HoldfastError) {
    guard let type, type.fits(wanted) else {
      throw corrupt("must hold \(wanted), and holds \(type?.rawValue ?? "another type")")
    }
    let creation = HDF5Handle(H5Dget_create_plist(id), close: H5Pclose)
    let layout = H5Pget_layout(creation.id)
    guard layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT,
      H5Pget_external_count(creation.id) == 0
    else { throw corrupt("keeps its values outside of the file") }
    // Deflate shrinks at most 1032 times; all else is stored as it is.
    let stored = Int(clamping: H5Dget_storage_size(id))
    let expansion = layout == H5D_CHUNKED ? 1040 : 1
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, bytes / expansion <= stored, stored <= store.mapped?.count ?? Int.max else {
      throw corrupt(
        "has the shape \(shape), but only \(stored) bytes are stored; the file is truncated or corrupt")
    }
  }
}

extension ByteString {
  /// What follows the last slash.
  fileprivate var lastComponent: ByteString {
    ByteString(bytes.lastIndex(of: 0x2F).map { bytes[($0 + 1)...] } ?? bytes[...])
  }
}
