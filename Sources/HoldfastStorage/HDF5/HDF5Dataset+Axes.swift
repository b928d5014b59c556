import CHDF5
public import HoldfastTensor

/// Names of axes, from the attributes that dimension scales are made of.
///
/// They are read here, because the HDF5 library's own functions for dimension scales (1.10) free memory twice, or write
/// beyond it, where these attributes are not exactly as they expect.
///
/// Source: HDF5 Dimension Scale Specification 1.0.
extension HDF5Dataset {
  /// The names of the axes, from their dimension scales; `nil` for an axis that has none.
  public func axes() throws(HoldfastError) -> [ByteString?] {
    try store.locked { () throws(HoldfastError) -> [ByteString?] in
      if try isScale() { return [ByteString(path).lastComponent] }
      guard !shape.isEmpty, H5Aexists(id, "DIMENSION_LIST") > 0 else { return shape.map { _ in nil } }
      return try readAxes()
    }
  }

  /// Whether this is a dimension scale; to be called under the lock.
  func isScale() throws(HoldfastError) -> Bool {
    guard shape.count == 1, H5Aexists(id, "CLASS") > 0 else { return false }
    return try attribute("CLASS") == .text("DIMENSION_SCALE")
  }

  /// Whether this is a dimension scale that only names an axis and holds no values; to be called under the lock.
  var isDimensionOnly: Bool {
    guard (try? isScale()) == true, case .text(let name) = try? attribute("NAME") else { return false }
    return name.hasPrefix(ByteString(HDF5Group.emptyDimension))
  }

  /// The names in the list of scales: for each axis the references to its scales, of which the first counts.
  private func readAxes() throws(HoldfastError) -> [ByteString?] {
    let damaged = corrupt("has a damaged dimension scale")
    let attribute = HDF5Handle(H5Aopen(id, "DIMENSION_LIST", 0), close: H5Aclose)
    let type = HDF5Handle(H5Aget_type(attribute.id), close: H5Tclose)
    let space = HDF5Handle(H5Aget_space(attribute.id), close: H5Sclose)
    guard attribute.id >= 0, H5Tget_class(type.id) == H5T_VLEN,
      H5Sget_simple_extent_npoints(space.id) == shape.count
    else { throw damaged }
    let element = HDF5Handle(H5Tget_super(type.id), close: H5Tclose)
    guard H5Tget_class(element.id) == H5T_REFERENCE, H5Tget_size(element.id) == MemoryLayout<hobj_ref_t>.size,
      H5Tequal(element.id, holdfast_h5_object_reference()) > 0
    else { throw damaged }
    var lists = [hvl_t](repeating: hvl_t(), count: shape.count)
    guard H5Aread(attribute.id, type.id, &lists) >= 0 else { throw HDF5.failure(damaged.message) }
    defer { H5Dvlen_reclaim(type.id, space.id, 0, &lists) }
    var names: [ByteString?] = []
    for list in lists {
      guard list.len > 0, let first = list.p else {
        names.append(nil)
        continue
      }
      let scale = HDF5Handle(H5Rdereference2(id, 0, H5R_OBJECT, first), close: H5Oclose)
      var bytes = [CChar](repeating: 0, count: 1024)
      guard scale.id >= 0, H5Iget_name(scale.id, &bytes, bytes.count) >= 0 else {
        throw HDF5.failure(damaged.message)
      }
      let name = ByteString(bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
      names.append(name.isEmpty ? nil : name.lastComponent)
    }
    return names
  }
}

extension ByteString {
  /// What follows the last slash.
  fileprivate var lastComponent: ByteString {
    ByteString(bytes.lastIndex(of: 0x2F).map { bytes[($0 + 1)...] } ?? bytes[...])
  }
}
