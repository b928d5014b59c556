import HoldfastStorage
import HoldfastTensor

/// The group `/adapter` of a model file: `configuration`, PEFT's JSON, and A and B of each adapter, float32, named as in a
/// PEFT file without `base_model.model.`, in the engine's layout.
enum AdapterGroup {
  private static let name: ByteString = "adapter"
  private static let configuration: ByteString = "configuration"

  /// Writes the adapter of a model, if it has one.
  static func write(_ model: Model, to root: HDF5Group) throws(HoldfastError) {
    guard let parameters = model.parameters, let adapter = parameters.adapter else { return }
    let group = try root.makeGroup(name)
    let json = adapter.peft(
      modules: adapter.targetModules, base: adapter.baseModel ?? model.provenance.path, isTransposed: false)
    try group.write(configuration, strings: [ByteString(json.serialized())], axes: [])
    for (name, tensor) in zip(parameters.names, parameters.tensors) {
      let axes = zip(model.axes(of: name), tensor.shape).map { HDF5Axis($0, $1) }
      let dataset = try group.makeDataset(name, .float32, axes: axes, layout: .contiguous)
      try dataset.writeRows(
        0..<dataset.rowCount,
        from: UnsafeBufferPointer(start: UnsafePointer(tensor.pointer), count: tensor.count))
    }
  }

  /// Reads the adapter of a file, if it has one, into memory of its own.
  static func read(_ root: HDF5Group, _ weights: Weights) throws(HoldfastError) -> Parameters? {
    guard let group = try root.optionalGroup(name) else { return nil }
    let place = "\(group.filePath):\(group.path)"
    guard let text = try group.dataset(configuration).readStrings().first else {
      throw HoldfastError(.corruptData, "\(place)/\(configuration.text) is empty; the file is damaged")
    }
    let adapter = try AdapterConfiguration(
      peft: JSONNode(
        try JSON.parse(text.bytes, name: "\(place)/\(configuration.text)"),
        document: "\(place)/\(configuration.text)"))
    var named: [(name: ByteString, tensor: Tensor)] = []
    for slot in try weights.targets(adapter) {
      let rank = adapter.rank(of: slot.moduleName)
      named.append((slot.downName, try read(group.dataset(slot.downName), [rank, slot.shape[1]], place)))
      named.append((slot.upName, try read(group.dataset(slot.upName), [slot.shape[0], rank], place)))
    }
    return Parameters(named, adapter: adapter, frozen: nil)
  }

  private static func read(_ dataset: HDF5Dataset, _ shape: [Int], _ place: String) throws(HoldfastError)
    -> Tensor
  {
    guard dataset.shape == shape else {
      throw HoldfastError(
        .corruptData, "\(place): \(dataset.path) has the shape \(dataset.shape) instead of \(shape)")
    }
    let tensor = try Tensor(uninitialized: shape)
    try dataset.readRows(
      0..<dataset.rowCount, into: UnsafeMutableBufferPointer(start: tensor.pointer, count: tensor.count))
    if let index = Runtime.shared.firstNonFinite(tensor) {
      throw HoldfastError(
        .numerical, "\(place): \(dataset.path) holds a NaN or an infinity at element \(index)")
    }
    return tensor
  }
}
