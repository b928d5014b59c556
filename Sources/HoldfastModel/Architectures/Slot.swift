import HoldfastStorage

/// A tensor of a particular model: what it is, its names, and its shape in the engine's layout.
struct Slot: Sendable {
  /// What a tensor is to the model.
  struct Key: Hashable, Sendable {
    let module: Module
    /// `nil` outside the blocks.
    let layer: Int?
    let isBias: Bool

    init(_ module: Module, layer: Int? = nil, isBias: Bool = false) {
      self.module = module
      self.layer = layer
      self.isBias = isBias
    }
  }

  let key: Key
  /// The Hugging Face name.
  let name: ByteString
  let gguf: ByteString
  /// Row-major.
  let shape: [Int]
  let axes: [ByteString]

  init(_ module: Module, _ name: Architecture.Name, layer: Int?, isBias: Bool, _ c: ModelConfiguration) {
    key = Key(module, layer: layer, isBias: isBias)
    let suffix = isBias ? ".bias" : ".weight"
    self.name = ByteString(Self.fill(name.huggingFace, layer) + suffix)
    gguf = ByteString(Self.fill(name.gguf, layer) + suffix)
    let whole = module.shape(c)
    shape = isBias ? [whole[0]] : whole
    axes = isBias ? [module.axes[0]] : module.axes
  }

  private static func fill(_ name: String, _ layer: Int?) -> String {
    guard let layer else { return name }
    return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { $0.elementsEqual("{i}".utf8) ? String(layer) : String(Substring($0)) }
      .joined(separator: ".")
  }
}
