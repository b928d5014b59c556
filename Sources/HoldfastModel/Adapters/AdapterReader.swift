import HoldfastStorage
import HoldfastTensor

/// Reads the tensors of a PEFT directory for a model.
///
/// Names are `base_model.model.<module>.lora_A.weight` and `lora_B`; A is [r,K] and B [N,r], whatever the layout of the
/// weight, with B's rows in the order of the Hugging Face file. What stands under the name of a weight (trained biases,
/// embeddings saved along) takes that weight's place.
struct AdapterReader {
  let model: Model
  let directory: String
  private let document: JSONNode
  private var configuration: AdapterConfiguration
  private let file: SafetensorsFile

  init(_ model: Model, directory: String) throws(HoldfastError) {
    self.model = model
    self.directory = directory
    let path = "\(directory)/\(AdapterFiles.configuration)"
    guard FileSystem.exists(path) else {
      throw HoldfastError(
        .notFound, "\(directory): there is no \(AdapterFiles.configuration); a PEFT adapter directory has one"
      )
    }
    document = JSONNode(try JSON.read(path), document: path)
    configuration = try AdapterConfiguration(peft: document)
    let tensors = "\(directory)/\(AdapterFiles.tensors)"
    guard FileSystem.exists(tensors) else {
      let pickled = FileSystem.exists("\(directory)/adapter_model.bin")
      throw HoldfastError(
        pickled ? .unsupported : .notFound,
        "\(directory): there is no \(AdapterFiles.tensors)"
          + (pickled
            ? "; adapter_model.bin is a Python pickle: save the adapter again with a newer PEFT" : ""))
    }
    file = try SafetensorsFile(path: tensors)
  }

  /// The file of the tensors.
  var mapped: MappedFile { file.file }

  /// The adapter as parameters of the model.
  func parameters() throws(HoldfastError) -> Parameters {
    var stored: [ByteString: StoredTensor] = [:]
    for tensor in file.tensors { stored[try engineName(tensor.name)] = tensor }
    var named: [(name: ByteString, tensor: Tensor)] = []
    var adapted: [Slot] = []
    for slot in model.weights.adaptable {
      let (down, up) = (stored.removeValue(forKey: slot.downName), stored.removeValue(forKey: slot.upName))
      guard down != nil || up != nil else { continue }
      guard let down, let up else {
        throw corrupt("'\((down == nil ? slot.downName : slot.upName).text)' is missing beside its partner")
      }
      let rank = configuration.rank(of: slot.moduleName)
      named.append((slot.downName, try read(down, [rank, slot.shape[1]])))
      named.append((slot.upName, try read(up, [slot.shape[0], rank], layout: layout(slot))))
      adapted.append(slot)
    }
    let frozen = try overlay(&stored)
    if let stranger = stored.values.min(by: { $0.name < $1.name }) {
      throw HoldfastError(
        .unsupported,
        "\(file.file.path): tensor '\(stranger.name.text)' is no part of a LoRA adapter on this "
          + "\(model.configuration.architecture) model; its projections can have lora_A and lora_B")
    }
    guard !adapted.isEmpty else { throw corrupt("there is no lora_A in it") }
    return Parameters(named, adapter: try settled(adapted), frozen: frozen)
  }

  /// The engine's name for a tensor of the file.
  private func engineName(_ name: ByteString) throws(HoldfastError) -> ByteString {
    guard name.hasPrefix(AdapterFiles.prefix) else {
      throw corrupt("tensor '\(name.text)' does not begin with '\(AdapterFiles.prefix.text)'")
    }
    let own = ByteString(name.bytes.dropFirst(AdapterFiles.prefix.count))
    let architecture = model.weights.architecture
    let wrapped: ByteString = ".base_layer."
    var plain = own
    for ending: ByteString in ["weight", "bias"] where own.hasSuffix(wrapped + ending) {
      plain = ByteString(own.bytes.dropLast(wrapped.count + ending.count)) + "." + ending
    }
    // The other beginnings that files of the family have; the longest that fits.
    let usual = architecture.prefixes.first ?? ""
    let other = architecture.prefixes.dropFirst().filter { !$0.isEmpty && plain.hasPrefix(ByteString($0)) }
      .max { $0.utf8.count < $1.utf8.count }
    guard let other else { return plain }
    return ByteString(Array(usual.utf8) + plain.bytes.dropFirst(other.utf8.count))
  }

  /// Weights that come with the adapter.
  private func overlay(_ stored: inout [ByteString: StoredTensor]) throws(HoldfastError) -> Parameters? {
    var named: [(name: ByteString, tensor: Tensor)] = []
    for slot in model.weights.slots {
      guard let tensor = stored.removeValue(forKey: slot.name) else { continue }
      guard slot.key.module != .embedding || !model.configuration.tiedEmbeddings else {
        throw HoldfastError(
          .unsupported,
          "\(file.file.path): tensor '\(tensor.name.text)' replaces the embedding alone, but this model's output is "
            + "tied to it; that is not supported")
      }
      let layout = model.weights.architecture.huggingFaceLayout[slot.key.module] ?? .natural
      guard layout != .transposed || slot.key.isBias else {
        throw HoldfastError(
          .unsupported, "\(file.file.path): tensor '\(tensor.name.text)' replaces a whole matrix of GPT-2")
      }
      let shape = slot.shape.count == 1 ? [slot.shape[0], 1] : slot.shape
      guard tensor.shape == slot.shape else { throw mismatch(tensor, slot.shape) }
      named.append((slot.name, try read(tensor, shape, layout: layout).reshaped(slot.shape)))
    }
    guard !named.isEmpty else { return model.parameters }
    guard model.parameters == nil else {
      throw HoldfastError(
        .unsupported,
        "\(file.file.path): the adapter brings weights of its own, which cannot replace tuned ones")
    }
    return Parameters(named)
  }

  /// How the Hugging Face file orders the rows of a slot.
  private func layout(_ slot: Slot) -> TensorLayout {
    let layout = model.weights.architecture.huggingFaceLayout[slot.key.module] ?? .natural
    return layout.reordersRows ? layout : .natural
  }

  /// A tensor as float32 in the engine's order of rows.
  private func read(
    _ tensor: StoredTensor, _ shape: [Int], layout: TensorLayout = .natural
  ) throws(HoldfastError) -> Tensor {
    guard tensor.count == shape.reduce(1, *), tensor.shape.count == 1 || tensor.shape == shape else {
      throw mismatch(tensor, shape)
    }
    try tensor.checkReadable()
    let values = try Tensor(uninitialized: shape)
    let whole = UnsafeMutableBufferPointer(start: values.pointer, count: values.count)
    tensor.dequantize(rows: 0..<tensor.rowCount, into: whole)
    if let index = Runtime.shared.firstNonFinite(values) {
      throw HoldfastError(
        .numerical,
        "\(file.file.path): tensor '\(tensor.name.text)' holds a NaN or an infinity at element \(index)")
    }
    guard layout.reordersRows else { return values }
    let ordered = try Tensor(uninitialized: shape)
    let c = model.configuration
    for row in 0..<shape[0] {
      ordered.row(row).copy(from: values.row(layout.source(row, headWidth: c.headWidth, heads: c.heads)))
    }
    return ordered
  }

  /// The configuration with targets that select exactly what the file holds.
  private func settled(_ adapted: [Slot]) throws(HoldfastError) -> AdapterConfiguration {
    var settled = configuration
    let present = Set(adapted.map(\.name))
    let selected = model.weights.adaptable.filter { slot in
      configuration.targetModules.contains {
        $0 == AdapterConfiguration.allLinear
          ? slot.key.module != .output : AdapterConfiguration.selects($0, slot.moduleName)
      }
    }
    if present == Set(selected.map(\.name)) { return settled }
    if try AdapterConfiguration.isExact(document),
      let lacking = selected.first(where: { !present.contains($0.name) })
    {
      throw corrupt("'\(lacking.downName.text)' is missing, though target_modules selects it")
    }
    settled.targetModules = adapted.map(\.moduleName)
    return settled
  }

  private func mismatch(_ tensor: StoredTensor, _ shape: [Int]) -> HoldfastError {
    corrupt("tensor '\(tensor.name.text)' has shape \(tensor.shape), but model and rank ask for \(shape)")
  }

  private func corrupt(_ what: String) -> HoldfastError {
    HoldfastError(.corruptData, "\(file.file.path): \(what)")
  }
}
