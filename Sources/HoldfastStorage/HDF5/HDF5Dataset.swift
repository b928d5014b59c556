import CHDF5
import HoldfastTensor

/// A dataset of an HDF5 file: an array of numbers or strings with named axes.
public final class HDF5Dataset: HDF5Object, @unchecked Sendable {
  /// The lengths of the axes, row-major; empty for a scalar.
  public internal(set) var shape: [Int]
  /// The type of the elements, or `nil` when Holdfast does not know it.
  public let type: HDF5Type?

  /// The number of elements.
  public internal(set) var count: Int

  /// The bytes of each string, for strings of a fixed length, as other tools write them; `nil` for all else.
  let fixedLength: Int?

  /// The bytes that an element takes in the file, references to strings among them.
  var elementSize: Int { fixedLength ?? type?.size ?? 0 }

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
    fixedLength = HDF5Type.fixedLength(of: typeHandle.id)
    type = fixedLength == nil ? HDF5Type(identifying: typeHandle.id) : .string
    super.init(store: store, path: path, handle: handle)
  }

  /// The length of the first axis; 1 for a scalar, 0 for a dataset without any element.
  public var rowCount: Int { shape.first ?? count }

  /// The elements of one row, all axes but the first.
  public var rowWidth: Int { shape.dropFirst().reduce(1, *) }

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
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementSize)
    guard !overflow, bytes / expansion <= stored, stored <= store.mapped?.count ?? Int.max else {
      throw corrupt(
        "has the shape \(shape), but only \(stored) bytes are stored; the file is truncated or corrupt")
    }
  }
}
