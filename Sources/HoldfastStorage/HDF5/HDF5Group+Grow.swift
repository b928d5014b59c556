import CHDF5
public import HoldfastTensor

extension HDF5Group {
  /// Makes a dataset without rows that grows along its first axis, in chunks; what is never written reads as NaN, -1 or
  /// the empty string, and takes no room.
  ///
  /// The axes are named as `makeDataset` names them. The first one has the length 0; where a dataset of its name exists,
  /// that one must grow too, and the caller lets both grow alike.
  ///
  /// - Parameters:
  ///   - chunk: the extents of a chunk, one for each axis, 1 or more.
  ///   - compressed: whether chunks are shuffled and deflated.
  public func makeGrowingDataset(
    _ name: ByteString, _ type: HDF5Type, axes: [HDF5Axis], chunk: [Int], compressed: Bool = false
  ) throws(HoldfastError) -> HDF5Dataset {
    let key = try checked(name)
    let extents = chunk.reduce(type.size) { $0.multipliedReportingOverflow(by: max($1, 1)).partialValue }
    guard axes.first?.length == 0, axes.allSatisfy({ $0.length >= 0 }), chunk.count == axes.count,
      chunk.allSatisfy({ $0 > 0 }), extents > 0, extents < 1 << 32
    else {
      throw HoldfastError(
        .invalidArgument, "\(store.path): \(path(of: key)) cannot grow by chunks of \(chunk)")
    }
    return try store.locked { () throws(HoldfastError) -> HDF5Dataset in
      guard try linkKind(key) == nil else {
        throw HoldfastError(.invalidArgument, "\(store.path): \(path(of: key)) exists")
      }
      let lengths = axes.map { hsize_t($0.length) }
      var limits = lengths
      limits[0] = hsize_t.max  // H5S_UNLIMITED
      let space = HDF5Handle(H5Screate_simple(Int32(axes.count), lengths, limits), close: H5Sclose)
      let creation = HDF5Handle(H5Pcreate(holdfast_h5_class_dataset_create()), close: H5Pclose)
      H5Pset_chunk(creation.id, Int32(chunk.count), chunk.map { hsize_t($0) })
      if compressed {
        H5Pset_shuffle(creation.id)
        H5Pset_deflate(creation.id, 4)
      }
      let fileType = type.makeFileType()
      setFill(creation.id, type, fileType.id)
      let dataset = H5Dcreate2(id, key, fileType.id, space.id, 0, creation.id, 0)
      guard dataset >= 0 else {
        throw HDF5.failure("\(store.path): cannot make the dataset \(path(of: key))", .io)
      }
      let made = try HDF5Dataset(store: store, path: path(of: key), id: dataset)
      try nameAxes(of: made, axes, isCoordinate: axes.count == 1 && axes[0].name == name)
      return made
    }
  }

  /// What stands where nothing was written.
  private func setFill(_ creation: hid_t, _ type: HDF5Type, _ fileType: hid_t) {
    switch type {
    case .float16:
      var bits: UInt16 = 0x7E00
      H5Pset_fill_value(creation, fileType, &bits)
    case .bfloat16:
      var bits: UInt16 = 0x7FC0
      H5Pset_fill_value(creation, fileType, &bits)
    case .float32:
      var nan = Float.nan
      H5Pset_fill_value(creation, fileType, &nan)
    case .float64:
      var nan = Double.nan
      H5Pset_fill_value(creation, fileType, &nan)
    case .int8, .int16, .int32, .int64:
      var ones = Int64(-1)
      H5Pset_fill_value(creation, fileType, &ones)
    case .uint8, .uint16, .uint32, .uint64, .string: break
    }
  }
}

extension HDF5Dataset {
  /// Lets the first axis of a growing dataset have so many rows.
  public func grow(to rows: Int) throws(HoldfastError) {
    guard !shape.isEmpty, rows >= shape[0] else {
      throw HoldfastError(.invalidArgument, "\(place) cannot grow from the shape \(shape) to \(rows) rows")
    }
    var grown = shape
    grown[0] = rows
    try store.locked { () throws(HoldfastError) in
      guard H5Dset_extent(id, grown.map { hsize_t($0) }) >= 0 else {
        throw HDF5.failure("\(place): cannot grow to \(rows) rows", .io)
      }
    }
    shape = grown
    count = grown.reduce(1, *)
  }
}
