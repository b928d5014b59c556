extension Verification {
  /// Checks that the parts of an activation file fit together.
  mutating func checkActivations(_ root: HDF5Group) throws(HoldfastError) {
    let count = try root.dataset("length").count
    let lengths = try root.dataset("length").read(as: Int32.self)
    let (first, all) = (try root.int("first_item"), try root.int("items"))
    _ = try (root.json("settings"), root.json("source"))
    if try root.attribute("overflows") != nil { overflows = try root.int("overflows") }
    if first < 0 || count > all - first {
      find(.structure, "/item", "\(count) items from \(first) on are more than the \(all) that 'items' says")
    }
    for (name, kind) in try root.members() where kind == .dataset {
      let dataset = try root.dataset(name)
      let axes = try dataset.axes()
      guard axes.first == "item" else { continue }
      if dataset.shape[0] != count {
        find(.structure, "/\(name.text)", "it has \(dataset.shape[0]) items, /length has \(count)")
      }
      if let place = axes.firstIndex(of: "position"),
        lengths.contains(where: { $0 < 0 || $0 > dataset.shape[place] })
      {
        find(.structure, "/\(name.text)", "an item has more positions than the axis 'position'")
      }
    }
  }
}
