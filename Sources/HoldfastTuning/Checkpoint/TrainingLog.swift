import HoldfastStorage
import HoldfastTensor

/// The group `/training` of a model file: how its parameters came about, step by step.
///
/// Attributes: `options` (JSON), `data_sha256`, `examples`, `completed_steps`, `total_steps`, `epoch` and `position` (the
/// place of the next example in the order of its epoch). Datasets over the axis `step`: `loss`, `learning_rate`,
/// `gradient_norm`, `tokens`, `target_tokens`, `seconds`. With a KL penalty also the attribute `base_sha256`, the fingerprint
/// of the model it is measured from, and the dataset `kl`.
struct TrainingLog {
  static let name: ByteString = "training"

  var options: TuningOptions
  var dataSHA256: String
  var exampleCount: Int
  var records: [TrainingRecord]
  /// The fingerprint of the model the KL penalty is measured from, if there is a penalty.
  var baseSHA256: String?

  /// Writes the group.
  func write(to root: HDF5Group) throws(HoldfastError) {
    let group = try root.makeGroup(Self.name)
    let plan = BatchPlan(exampleCount: exampleCount, options: options)
    let cursor = plan.cursor(step: records.count)
    try group.setAttribute("options", .text(ByteString(options.json.text())))
    try group.setAttribute("data_sha256", .text(ByteString(dataSHA256)))
    try group.setAttribute("examples", .integer(Int64(exampleCount)))
    try group.setAttribute("completed_steps", .integer(Int64(records.count)))
    try group.setAttribute("total_steps", .integer(Int64(plan.totalSteps)))
    try group.setAttribute("epoch", .integer(Int64(cursor.epoch)))
    try group.setAttribute("position", .integer(Int64(cursor.position)))
    if let baseSHA256 { try group.setAttribute("base_sha256", .text(ByteString(baseSHA256))) }
    let axes = [HDF5Axis("step", records.count)]
    try group.write("step", records.map { Int64($0.step) }, axes: axes)
    try group.write("loss", records.map(\.loss), axes: axes)
    if options.klWeight > 0 { try group.write("kl", records.map { $0.kl ?? 0 }, axes: axes) }
    try group.write("learning_rate", records.map(\.learningRate), axes: axes)
    try group.write("gradient_norm", records.map(\.gradientNorm), axes: axes)
    try group.write("tokens", records.map { Int64($0.tokens) }, axes: axes)
    try group.write("target_tokens", records.map { Int64($0.targetTokens) }, axes: axes)
    try group.write("seconds", records.map(\.seconds), axes: axes)
  }
}

extension TrainingLog {
  /// Reads the group; `corruptData` when its parts contradict each other.
  init(_ group: HDF5Group) throws(HoldfastError) {
    let place = "\(group.filePath): \(group.path)"
    options = try TuningOptions(json: group.json("options"), source: place)
    dataSHA256 = try group.text("data_sha256").text
    exampleCount = try group.int("examples")
    let steps = try group.dataset("step").read(as: Int64.self)
    let losses = try group.dataset("loss").read(as: Double.self)
    let hasPenalty = options.klWeight > 0
    baseSHA256 = hasPenalty ? try group.text("base_sha256").text : nil
    let divergences = hasPenalty ? try group.dataset("kl").read(as: Double.self) : nil
    let rates = try group.dataset("learning_rate").read(as: Double.self)
    let norms = try group.dataset("gradient_norm").read(as: Double.self)
    let tokens = try group.dataset("tokens").read(as: Int64.self)
    let targets = try group.dataset("target_tokens").read(as: Int64.self)
    let seconds = try group.dataset("seconds").read(as: Double.self)
    let count = try group.int("completed_steps")
    guard exampleCount > 0, [steps.count, tokens.count, targets.count].allSatisfy({ $0 == count }),
      [losses, divergences ?? losses, rates, norms, seconds].allSatisfy({ $0.count == count }),
      steps.elementsEqual((0..<count).map { Int64($0 + 1) })
    else { throw HoldfastError(.corruptData, "\(place): the records do not fit the \(count) steps taken") }
    records = []
    for i in 0..<count {
      guard let tokenCount = Int(exactly: tokens[i]), let targetCount = Int(exactly: targets[i]) else {
        throw HoldfastError(.corruptData, "\(place): the records of step \(i + 1) are out of range")
      }
      records.append(
        TrainingRecord(
          step: i + 1, loss: losses[i], kl: divergences?[i], learningRate: rates[i], gradientNorm: norms[i],
          tokens: tokenCount,
          targetTokens: targetCount, seconds: seconds[i]))
    }
  }
}
