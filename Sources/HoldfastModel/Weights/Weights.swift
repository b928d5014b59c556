import HoldfastStorage
import HoldfastTensor

/// The immutable tensors of a model: mapped from its files, shared by every overlay and session, possibly quantised.
public final class Weights: Sendable {
  /// What the tensors add up to.
  public let configuration: ModelConfiguration
  let slots: [Architecture.Slot]
  let tensors: [ByteString: WeightTensor]

  /// Binds the tensors of a file to the slots of an architecture.
  ///
  /// - Parameters:
  ///   - find: the stored tensor for a slot, or `nil` when the file has none.
  ///   - interleaved: whether queries and keys come in GGUF's row order.
  init(
    _ configuration: ModelConfiguration, source: String, interleaved: Bool,
    find: (Architecture.Slot) -> StoredTensor?
  ) throws(HoldfastError) {
    try configuration.validate(source: source)
    guard let architecture = Architecture.named(configuration.architecture) else {
      throw HoldfastError(
        .internal, "\(source): architecture '\(configuration.architecture)' has no description")
    }
    self.configuration = configuration
    self.slots = architecture.slots(configuration)
    var tensors: [ByteString: WeightTensor] = [:]
    tensors.reserveCapacity(slots.count)
    for slot in slots {
      guard let stored = find(slot) else {
        throw HoldfastError(
          .corruptData,
          "\(source): tensor '\(slot.name.text)' is missing; the file is incomplete or not a \(architecture.name) model"
        )
      }
      guard stored.shape == slot.shape else {
        throw HoldfastError(
          .corruptData,
          "\(source): tensor '\(slot.name.text)' has shape \(stored.shape), but the configuration asks for \(slot.shape)"
        )
      }
      let order: WeightTensor.RowOrder =
        switch slot.role {
        case .query, .key: interleaved ? .interleaved(headWidth: configuration.headWidth) : .natural
        default: .natural
        }
      tensors[slot.name] = WeightTensor(name: slot.name, shape: slot.shape, stored: stored, order: order)
    }
    self.tensors = tensors
  }

  /// The tensor of a slot.
  func tensor(_ slot: Architecture.Slot) throws(HoldfastError) -> WeightTensor {
    guard let tensor = tensors[slot.name] else {
      throw HoldfastError(.internal, "tensor '\(slot.name.text)' was not bound")
    }
    return tensor
  }

  /// The number of parameters.
  public var parameterCount: Int { slots.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// The storage types in use and how many tensors have each, most used first, such as `q4_1 × 210, f32 × 61`.
  public var storageSummary: String {
    var counts: [String: Int] = [:]
    for tensor in tensors.values { counts["\(tensor.stored.type)", default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) × \($0.value)" }
      .joined(separator: ", ")
  }
}
