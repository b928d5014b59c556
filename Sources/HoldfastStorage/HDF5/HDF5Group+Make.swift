import CHDF5
public import HoldfastTensor

/// A named axis of a dataset; within a group, a name has one length.
public struct HDF5Axis: Sendable, Equatable {
  /// The name, such as `item`, `choice`, `layer` or `d_model`.
  public let name: ByteString
  /// The length.
  public let length: Int

  /// Names an axis.
  public init(_ name: ByteString, _ length: Int) {
    self.name = name
    self.length = length
  }
}

/// How the values of a dataset lie in the file.
public enum HDF5Layout: Sendable {
  /// Compressed when there are more than 4 KiB of them.
  case automatic
  /// In one piece, uncompressed, aligned to 64 bytes; can be mapped.
  case contiguous
  /// In chunks of rows, shuffled and deflated.
  case compressed
}

extension HDF5Group {
  /// The name that netCDF-4 gives a dimension scale without values.
  static let emptyDimension = "This is a netCDF dimension but not a netCDF variable."

  /// Makes a dataset whose values are written afterwards.
  ///
  /// Each axis gets a dimension scale of its name in this group, so that xarray and others show it. A dataset with one
  /// axis of its own name is that axis' coordinate; it must be made before other datasets with the axis.
  ///
  /// Throws `invalidArgument` when the name is taken, or an axis has another length than its scale.
  public func makeDataset(
    _ name: ByteString, _ type: HDF5Type, axes: [HDF5Axis], layout: HDF5Layout = .automatic
  ) throws(HoldfastError) -> HDF5Dataset {
    let key = try checked(name)
    var count = 1
    for axis in axes {
      let (product, overflow) = count.multipliedReportingOverflow(by: axis.length)
      guard axis.length >= 0, !overflow, product <= Int.max / 16 else {
        throw HoldfastError(.invalidArgument, "\(store.path): \(path(of: key)) would have an absurd size")
      }
      count = product
    }
    return try store.locked { () throws(HoldfastError) -> HDF5Dataset in
      guard try linkKind(key) == nil else {
        throw HoldfastError(
          .invalidArgument,
          "\(store.path): \(path(of: key)) exists; write a coordinate before what uses its axis")
      }
      let lengths = axes.map { hsize_t($0.length) }
      let space = HDF5Handle(
        axes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(axes.count), lengths, nil),
        close: H5Sclose)
      let creation = HDF5Handle(H5Pcreate(holdfast_h5_class_dataset_create()), close: H5Pclose)
      if type != .string { setLayout(creation.id, layout, axes.map(\.length), type) }
      let fileType = type.makeFileType()
      let dataset = H5Dcreate2(id, key, fileType.id, space.id, 0, creation.id, 0)
      guard dataset >= 0 else {
        throw HDF5.failure("\(store.path): cannot make the dataset \(path(of: key))", .io)
      }
      let made = try HDF5Dataset(store: store, path: path(of: key), id: dataset)
      try nameAxes(of: made, axes, isCoordinate: axes.count == 1 && axes[0].name == name)
      return made
    }
  }

  private func setLayout(_ creation: hid_t, _ layout: HDF5Layout, _ shape: [Int], _ type: HDF5Type) {
    let bytes = shape.reduce(type.size, *)
    let rowBytes = shape.dropFirst().reduce(type.size, *)
    let compress: Bool
    switch layout {
    case .automatic: compress = bytes > 4096
    case .contiguous: compress = false
    case .compressed: compress = true
    }
    // A chunk must be below 4 GiB; rows beyond 64 MiB stay in one piece.
    guard compress, !shape.isEmpty, bytes > 0, rowBytes <= 64 << 20 else { return }
    var chunk = shape.map { hsize_t($0) }
    chunk[0] = hsize_t(min(shape[0], max(1, (1 << 19) / rowBytes)))
    H5Pset_chunk(creation, Int32(shape.count), chunk)
    H5Pset_shuffle(creation)
    H5Pset_deflate(creation, 4)
  }

  /// Gives each axis its dimension scale, or makes the dataset one; to be called under the lock.
  func nameAxes(
    of dataset: HDF5Dataset, _ axes: [HDF5Axis], isCoordinate: Bool
  ) throws(HoldfastError) {
    if isCoordinate {
      guard H5DSset_scale(dataset.id, axes[0].name.text) >= 0 else {
        throw HDF5.failure("\(dataset.place): cannot make it a coordinate", .io)
      }
      return
    }
    for (place, axis) in axes.enumerated() {
      let scale = try scale(axis)
      guard H5DSattach_scale(dataset.id, scale.id, UInt32(place)) >= 0 else {
        throw HDF5.failure("\(dataset.place): cannot name axis \(place) '\(axis.name)'", .io)
      }
    }
  }

  /// The dimension scale of an axis, made when there is none.
  private func scale(_ axis: HDF5Axis) throws(HoldfastError) -> HDF5Dataset {
    if let scale = try optionalDataset(axis.name) {
      guard scale.shape == [axis.length], H5DSis_scale(scale.id) > 0 else {
        throw HoldfastError(
          .invalidArgument,
          "\(place): axis '\(axis.name)' of length \(axis.length) does not fit the dataset of that name, "
            + "which has the shape \(scale.shape)")
      }
      return scale
    }
    let key = try checked(axis.name)
    let space = HDF5Handle(H5Screate_simple(1, [hsize_t(axis.length)], nil), close: H5Sclose)
    let made = HDF5Type.float32.withFileType { H5Dcreate2(id, key, $0, space.id, 0, 0, 0) }
    guard made >= 0 else { throw HDF5.failure("\(place): cannot make the axis '\(axis.name)'", .io) }
    let scale = try HDF5Dataset(store: store, path: path(of: key), id: made)
    let digits = String(axis.length)
    let name = Self.emptyDimension + String(repeating: " ", count: max(0, 10 - digits.utf8.count)) + digits
    guard H5DSset_scale(made, name) >= 0 else {
      throw HDF5.failure("\(place): cannot make the axis '\(axis.name)'", .io)
    }
    return scale
  }

  /// Makes a dataset of numbers and writes them.
  @discardableResult
  public func write<T: HDF5Element>(
    _ name: ByteString, _ values: [T], axes: [HDF5Axis], layout: HDF5Layout = .automatic
  ) throws(HoldfastError) -> HDF5Dataset {
    let dataset = try makeDataset(name, T.hdf5Type, axes: axes, layout: layout)
    try dataset.write(values)
    return dataset
  }

  /// Makes a dataset of strings and writes them.
  @discardableResult
  public func write(
    _ name: ByteString, strings: [ByteString], axes: [HDF5Axis]
  ) throws(HoldfastError) -> HDF5Dataset {
    let dataset = try makeDataset(name, .string, axes: axes)
    try dataset.writeStrings(strings)
    return dataset
  }
}
