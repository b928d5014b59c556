import CHDF5
public import HoldfastTensor

/// A group of an HDF5 file: groups and datasets by name.
public final class HDF5Group: HDF5Object, @unchecked Sendable {
  /// What a member of a group is.
  public enum MemberKind: Sendable {
    /// A group.
    case group
    /// A dataset with values.
    case dataset
    /// A dimension scale without values, which only names an axis.
    case dimension
    /// A link or an object that Holdfast does not follow.
    case other
  }

  init(root store: HDF5Store) throws(HoldfastError) {
    let handle = try store.locked { () throws(HoldfastError) -> HDF5Handle in
      let id = H5Gopen2(store.id, "/", 0)
      guard id >= 0 else { throw HDF5.failure("\(store.path): cannot open the root group") }
      return HDF5Handle(id, close: H5Gclose)
    }
    super.init(store: store, path: "/", handle: handle)
  }

  private init(store: HDF5Store, path: String, id: hid_t) {
    super.init(store: store, path: path, handle: HDF5Handle(id, close: H5Gclose))
  }

  func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

  /// Makes a new group.
  public func makeGroup(_ name: ByteString) throws(HoldfastError) -> HDF5Group {
    let key = try checked(name)
    return try store.locked { () throws(HoldfastError) -> HDF5Group in
      let creation = HDF5Handle(H5Pcreate(holdfast_h5_class_group_create()), close: H5Pclose)
      H5Pset_link_creation_order(creation.id, holdfast_h5_creation_order())
      let group = H5Gcreate2(id, key, 0, creation.id, 0)
      guard group >= 0 else {
        throw HDF5.failure("\(store.path): cannot make the group \(path(of: key))", .io)
      }
      return HDF5Group(store: store, path: path(of: key), id: group)
    }
  }

  /// The group with this name; throws `corruptData` when there is none.
  public func group(_ name: ByteString) throws(HoldfastError) -> HDF5Group {
    guard let group = try optionalGroup(name) else { throw corrupt("has no group '\(name)'") }
    return group
  }

  /// The group with this name, or `nil` when there is none.
  public func optionalGroup(_ name: ByteString) throws(HoldfastError) -> HDF5Group? {
    let key = try checked(name)
    return try store.locked { () throws(HoldfastError) -> HDF5Group? in
      guard try linkKind(key) == .group else { return nil }
      let group = H5Gopen2(id, key, 0)
      guard group >= 0 else { throw HDF5.failure("\(store.path): cannot open the group \(path(of: key))") }
      return HDF5Group(store: store, path: path(of: key), id: group)
    }
  }

  /// The dataset with this name; throws `corruptData` when there is none.
  public func dataset(_ name: ByteString) throws(HoldfastError) -> HDF5Dataset {
    guard let dataset = try optionalDataset(name) else { throw corrupt("has no dataset '\(name)'") }
    return dataset
  }

  /// The dataset with this name, or `nil` when there is none.
  public func optionalDataset(_ name: ByteString) throws(HoldfastError) -> HDF5Dataset? {
    let key = try checked(name)
    return try store.locked { () throws(HoldfastError) -> HDF5Dataset? in
      guard try linkKind(key) == .dataset else { return nil }
      let dataset = H5Dopen2(id, key, 0)
      guard dataset >= 0 else {
        throw HDF5.failure("\(store.path): cannot open the dataset \(path(of: key))")
      }
      return try HDF5Dataset(store: store, path: path(of: key), id: dataset)
    }
  }

  /// The members in the order in which they were made (or of their names, in files that do not keep it).
  ///
  /// Groups may contain each other in a file made to do harm: whoever walks down must limit the depth.
  public func members() throws(HoldfastError) -> [(name: ByteString, kind: MemberKind)] {
    try store.locked { () throws(HoldfastError) -> [(name: ByteString, kind: MemberKind)] in
      var members: [(name: ByteString, kind: MemberKind)] = []
      for name in try names() {
        guard let key = name.validText, var kind = try linkKind(key) else { continue }
        if kind == .dataset, try optionalDataset(name)?.isDimensionOnly == true { kind = .dimension }
        members.append((name, kind))
      }
      return members
    }
  }

  private func names() throws(HoldfastError) -> [ByteString] {
    var names: [ByteString] = []
    let creation = HDF5Handle(H5Gget_create_plist(id), close: H5Pclose)
    var flags: UInt32 = 0
    H5Pget_link_creation_order(creation.id, &flags)
    let isOrdered: Int32 = flags & holdfast_h5_creation_order() == holdfast_h5_creation_order() ? 1 : 0
    let status = withUnsafeMutablePointer(to: &names) { list in
      holdfast_h5_visit_members(
        id, isOrdered,
        { context, name in
          if let context, let name {
            context.assumingMemoryBound(to: [ByteString].self).pointee.append(
              ByteString(String(cString: name)))
          }
          return 0
        }, list)
    }
    guard status >= 0 else { throw HDF5.failure("\(place): cannot list the members") }
    return names
  }

  func linkKind(_ key: String) throws(HoldfastError) -> MemberKind? {
    switch holdfast_h5_member_kind(id, key) {
    case 0: return nil
    case 1: return .group
    case 2: return .dataset
    case 3: return .other
    default: throw HDF5.failure("\(store.path): cannot look up \(path(of: key))")
    }
  }
}
