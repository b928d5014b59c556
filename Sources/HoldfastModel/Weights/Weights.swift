import HoldfastStorage
import HoldfastTensor

/// The immutable tensors of a model: mapped from its files, shared by every overlay and session, possibly quantised.
public final class Weights: Sendable {
  /// What the tensors add up to.
  public let configuration: ModelConfiguration
  let architecture: Architecture
  let slots: [Slot]
  private let tensors: [ByteString: WeightTensor]
  private let keys: [Slot.Key: Slot]
  let packed = PackedWeights()

  /// Binds the tensors of a file to the slots of an architecture.
  ///
  /// - Parameters:
  ///   - layouts: how the file lays out tensors, where not as the engine.
  ///   - find: the stored tensor for a slot, or `nil` when the file has none.
  init(
    _ configuration: ModelConfiguration, source: String, layouts: (Architecture) -> [Module: TensorLayout],
    find: (Slot) -> StoredTensor?
  ) throws(HoldfastError) {
    guard let architecture = Architecture.named(configuration.architecture) else {
      throw Architecture.unknown(configuration.architecture, source: source)
    }
    self.configuration = configuration
    self.architecture = architecture
    slots = architecture.slots(configuration)
    keys = Dictionary(slots.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let layouts = layouts(architecture)
    var tensors: [ByteString: WeightTensor] = [:]
    tensors.reserveCapacity(slots.count)
    for slot in slots {
      guard let stored = find(slot) else {
        throw HoldfastError(
          .corruptData,
          "\(source): tensor '\(slot.name.text)' is missing; the file is incomplete or not a \(architecture.name) model"
        )
      }
      let layout = layouts[slot.key.module] ?? .natural
      let wanted = layout == .transposed && slot.shape.count == 2 ? slot.shape.reversed() : slot.shape
      guard stored.shape == wanted else {
        throw HoldfastError(
          .corruptData,
          "\(source): tensor '\(slot.name.text)' has shape \(stored.shape), but the configuration asks for \(wanted)"
        )
      }
      try stored.checkReadable()
      if layout == .transposed, slot.shape.count == 2, !stored.hasElements {
        throw HoldfastError(
          .unsupported, "\(source): tensor '\(slot.name.text)' is stored as \(stored.type) and transposed")
      }
      tensors[slot.name] = WeightTensor(
        name: slot.name, shape: slot.shape, stored: stored, layout: layout,
        headWidth: configuration.headWidth, heads: configuration.heads)
    }
    self.tensors = tensors
  }

  /// The slot of a module, if the model has it.
  func slot(_ module: Module, layer: Int? = nil, isBias: Bool = false) -> Slot? {
    keys[Slot.Key(module, layer: layer, isBias: isBias)]
  }

  /// The slot of that name.
  func slot(named name: ByteString) -> Slot? { slots.first { $0.name == name } }

  /// The tensor of a slot.
  func tensor(_ slot: Slot) throws(HoldfastError) -> WeightTensor {
    guard let tensor = tensors[slot.name] else {
      throw HoldfastError(.internal, "tensor '\(slot.name.text)' was not bound")
    }
    return tensor
  }

  /// The number of parameters.
  public var parameterCount: Int { slots.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// The bytes that one token reads of the files: every tensor but the embeddings that are only looked up.
  public var bytesPerToken: Int {
    slots.reduce(0) { sum, slot in
      let isLookedUp =
        slot.key.module == .positionEmbedding
        || (slot.key.module == .embedding && !configuration.tiedEmbeddings)
      return sum + (isLookedUp ? 0 : tensors[slot.name]?.stored.byteCount ?? 0)
    }
  }

  /// The storage types in use and how many tensors have each, most used first, such as `q4_1 × 210, f32 × 61`.
  public var storageSummary: String {
    var counts: [String: Int] = [:]
    for tensor in tensors.values { counts["\(tensor.stored.type)", default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) × \($0.value)" }
      .joined(separator: ", ")
  }
}
