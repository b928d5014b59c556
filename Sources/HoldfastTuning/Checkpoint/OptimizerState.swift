import HoldfastModel
import HoldfastStorage
import HoldfastTensor

/// The group `/optimizer` of a checkpoint: AdamW's moments.
///
/// Attributes: `name`, `step`. Groups: `first_moment` and `second_moment`, each with a dataset per parameter, named and
/// shaped as the parameter, float32 or bfloat16.
struct OptimizerState {
  static let name: ByteString = "optimizer"
  private static let algorithm: ByteString = "AdamW"
  private static let groups: (first: ByteString, second: ByteString) = ("first_moment", "second_moment")

  private let optimizer: AdamW
  private let parameters: Parameters
  private let steps: Int

  init(_ optimizer: AdamW, _ parameters: Parameters, steps: Int) {
    self.optimizer = optimizer
    self.parameters = parameters
    self.steps = steps
  }

  /// Writes the group, tensor by tensor.
  func write(to root: HDF5Group, model: Model) throws(HoldfastError) {
    let group = try root.makeGroup(Self.name)
    try group.setAttribute("name", .text(Self.algorithm))
    try group.setAttribute("step", .integer(Int64(steps)))
    try write(optimizer.firstMoments, to: group.makeGroup(Self.groups.first), model)
    try write(optimizer.secondMoments, to: group.makeGroup(Self.groups.second), model)
  }

  private func write(_ moments: [Moment], to group: HDF5Group, _ model: Model) throws(HoldfastError) {
    for (name, moment) in zip(parameters.names, moments) {
      let axes = zip(model.axes(of: name), moment.shape).map { HDF5Axis($0, $1) }
      try moment.write(to: group.makeDataset(name, moment.type, axes: axes, layout: .contiguous))
    }
  }

  /// Fills moments from the group, which must be those after `steps` steps.
  static func read(
    _ group: HDF5Group, into optimizer: AdamW, names: [ByteString], steps: Int
  ) throws(HoldfastError) {
    let place = "\(group.filePath): \(group.path)"
    guard try group.text("name") == algorithm, try group.int("step") == steps else {
      throw HoldfastError(.corruptData, "\(place): these are not AdamW's moments after \(steps) steps")
    }
    try read(group.group(groups.first), into: optimizer.firstMoments, names)
    try read(group.group(groups.second), into: optimizer.secondMoments, names)
  }

  private static func read(
    _ group: HDF5Group, into moments: [Moment], _ names: [ByteString]
  ) throws(HoldfastError) {
    for (name, moment) in zip(names, moments) {
      let dataset = try group.dataset(name)
      guard dataset.shape == moment.shape, dataset.type == moment.type else {
        throw HoldfastError(
          .corruptData,
          "\(group.filePath): \(dataset.path) is no moment of shape \(moment.shape) and type \(moment.type)")
      }
      try moment.read(from: dataset)
    }
  }
}
