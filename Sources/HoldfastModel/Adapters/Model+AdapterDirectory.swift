import HoldfastStorage
public import HoldfastTensor

/// The files of a PEFT adapter directory.
enum AdapterFiles {
  static let configuration = "adapter_config.json"
  static let tensors = "adapter_model.safetensors"
  /// What PEFT puts before the names of the base model.
  static let prefix: ByteString = "base_model.model."
}

extension Model {
  /// The model under the adapter of a PEFT directory (`adapter_config.json`, `adapter_model.safetensors` in F32, F16 or
  /// BF16); the weights are shared.
  ///
  /// - Throws: `unsupported`, naming the setting or the tensor, for what is not plain LoRA; `corruptData` when shapes or
  ///   names do not fit the model.
  public func adapted(by directory: String) throws(HoldfastError) -> Model {
    guard parameters?.adapter == nil else {
      throw HoldfastError(
        .invalidArgument, "\(directory): the model has an adapter already; merge it before it takes another")
    }
    let reader = try AdapterReader(self, directory: directory)
    return with(try reader.parameters()).with(
      Provenance(path: directory, format: "peft", files: [reader.mapped], base: provenance))
  }

  /// Loads a model that is used beside another: an adapter on that very model shares its weights, so that both take the
  /// memory of one.
  public static func load(_ path: String, beside loaded: Model) throws(HoldfastError) -> Model {
    isAdapter(path) ? try loadAdapter(path, beside: loaded) : try load(path)
  }

  /// Loads an adapter and the model that its configuration names, unless that is the one already loaded.
  static func loadAdapter(_ directory: String, beside loaded: Model? = nil) throws(HoldfastError) -> Model {
    let path = "\(directory)/\(AdapterFiles.configuration)"
    let configuration = try AdapterConfiguration(peft: JSONNode(try JSON.read(path), document: path))
    let named = configuration.baseModel ?? ""
    let candidates = named.isEmpty ? [] : [named, "\(directory)/\(named)"]
    guard let base = candidates.first(where: { FileSystem.exists($0) }) else {
      throw HoldfastError(
        .notFound,
        "\(directory): the adapter belongs to the model '\(named)', which is no path here; load that model and put the "
          + "adapter on it, or write its path into \(AdapterFiles.configuration)")
    }
    guard !isAdapter(base) else {
      throw HoldfastError(.unsupported, "\(path): base_model_name_or_path '\(named)' is an adapter itself")
    }
    if let loaded, loaded.parameters == nil, FileSystem.isSame(loaded.provenance.path, base) {
      return try loaded.adapted(by: directory)
    }
    return try load(base).adapted(by: directory)
  }

  /// Whether a directory holds an adapter and no model.
  static func isAdapter(_ directory: String) -> Bool {
    FileSystem.exists("\(directory)/\(AdapterFiles.configuration)")
      && !FileSystem.exists("\(directory)/config.json")
  }

  /// Writes the adapter as a PEFT directory in float32, which is made if need be.
  ///
  /// - Throws: `invalidArgument` when the model has no adapter, or one that stands on tuned weights.
  public func saveAdapter(to directory: String) throws(HoldfastError) {
    guard let parameters, let configuration = parameters.adapter else {
      throw HoldfastError(
        .invalidArgument, "\(directory): the model has no adapter to write; write the model")
    }
    let beneath = parameters.frozen?.names ?? []
    guard beneath.count < weights.slots.count else {
      throw HoldfastError(
        .invalidArgument,
        "\(directory): the adapter stands on weights that differ from the model's file; write the whole model"
      )
    }
    try FileSystem.makeDirectory(directory)
    var outputs: [SafetensorsFile.Output] = []
    let prefix = try nestedPrefix()
    for slot in weights.slots {
      let layout = weights.architecture.huggingFaceLayout[slot.key.module] ?? .natural
      if let adapter = parameters.adapters[slot.name] {
        outputs.append(output(nested(slot.downName, prefix), adapter.down, .natural))
        outputs.append(output(nested(slot.upName, prefix), adapter.up, layout))
      }
      guard let own = parameters.frozen?[slot.name] else { continue }
      let isAdapted = parameters.adapters[slot.moduleName + ".weight"] != nil
      let name =
        isAdapted ? slot.moduleName + ".base_layer" + (slot.key.isBias ? ".bias" : ".weight") : slot.name
      outputs.append(output(nested(name, prefix), own, layout))
    }
    try SafetensorsFile.write(
      path: "\(directory)/\(AdapterFiles.tensors)", tensors: outputs, metadata: [("format", "pt")])
    let isTransposed = weights.architecture.huggingFaceLayout.values.contains(.transposed)
    let json = configuration.peft(
      modules: adapterNames(parameters, prefix), base: configuration.baseModel ?? provenance.path,
      isTransposed: isTransposed)
    try AtomicFile.write(json.serialized(pretty: true), to: "\(directory)/\(AdapterFiles.configuration)")
  }

  /// The last parts of the names of what has an adapter, if they select nothing else; otherwise the whole names.
  private func adapterNames(_ parameters: Parameters, _ prefix: ByteString?) -> [ByteString] {
    let adapted = weights.adaptable.filter { parameters.adapters[$0.name] != nil }.map(\.moduleName)
    var names: [ByteString] = []
    for module in adapted {
      let start = module.bytes.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? 0
      let last = ByteString(module.bytes[start...])
      if !names.contains(last) { names.append(last) }
    }
    let selected = weights.adaptable.filter { slot in
      names.contains { AdapterConfiguration.selects($0, slot.moduleName) }
    }
    return selected.count == adapted.count && prefix == nil ? names : adapted.map { nested($0, prefix) }
  }

  /// What the names of the text part begin with in a base model that has other parts.
  private func nestedPrefix() throws(HoldfastError) -> ByteString? {
    let others = weights.architecture.prefixes.dropFirst().filter { !$0.isEmpty }
    let stored = try weights.tensor(weights.embeddingSlot()).stored.name
    return others.contains { stored.hasPrefix(ByteString($0)) } ? others.last.map { ByteString($0) } : nil
  }

  private func nested(_ name: ByteString, _ prefix: ByteString?) -> ByteString {
    guard let prefix, let usual = weights.architecture.prefixes.first, name.hasPrefix(ByteString(usual))
    else {
      return name
    }
    return prefix + ByteString(name.bytes.dropFirst(usual.utf8.count))
  }

  /// A matrix as a file keeps it.
  private func output(_ name: ByteString, _ tensor: Tensor, _ layout: TensorLayout) -> SafetensorsFile.Output
  {
    let c = configuration
    return SafetensorsFile.Output(name: AdapterFiles.prefix + name, shape: tensor.shape) {
      put throws(HoldfastError) in
      guard layout.reordersRows else {
        return try put(UnsafeBufferPointer(start: tensor.pointer, count: tensor.count))
      }
      var rows = [Int](repeating: 0, count: tensor.shape[0])
      for row in rows.indices { rows[layout.source(row, headWidth: c.headWidth, heads: c.heads)] = row }
      let width = tensor.count / rows.count
      for row in rows { try put(UnsafeBufferPointer(start: tensor.pointer + row * width, count: width)) }
    }
  }
}
