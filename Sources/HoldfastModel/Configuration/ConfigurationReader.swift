import HoldfastStorage
import HoldfastTensor

/// Settings of a Hugging Face configuration by the key most families use, checked.
struct ConfigurationReader {
  let root: JSONNode
  private let keys: [ByteString: ByteString]

  /// - Parameter keys: what the family calls a setting instead.
  init(_ root: JSONNode, keys: [ByteString: ByteString]) {
    self.root = root
    self.keys = keys
  }

  /// The error for a setting this build does not have.
  func unsupported(_ what: String) -> HoldfastError {
    HoldfastError(.unsupported, "\(root.document): \(what)")
  }

  /// Whether the setting is there, `null` included.
  func has(_ key: ByteString) -> Bool { root.json[keys[key] ?? key] != nil }

  func optional(_ key: ByteString) throws(HoldfastError) -> JSONNode? {
    try root.optional(keys[key] ?? key)
  }

  func int(_ key: ByteString, default fallback: Int? = nil) throws(HoldfastError) -> Int {
    if let node = try optional(key) { return try node.int() }
    if let fallback { return fallback }
    return try root.member(keys[key] ?? key).int()
  }

  func optionalInt(_ key: ByteString) throws(HoldfastError) -> Int? { try optional(key)?.int() }
  func optionalDouble(_ key: ByteString) throws(HoldfastError) -> Double? { try optional(key)?.double() }

  func double(_ key: ByteString, default fallback: Double) throws(HoldfastError) -> Double {
    try optionalDouble(key) ?? fallback
  }

  func flag(_ key: ByteString, default fallback: Bool = false) throws(HoldfastError) -> Bool {
    try optional(key)?.bool() ?? fallback
  }

  /// The activation of the feed-forward network, by the names transformers gives them.
  func activation(default fallback: Activation) throws(HoldfastError) -> Activation {
    // Gemma's old configurations say `hidden_act` and mean the tanh form; `hidden_activation` is what counts there.
    guard let name = try optional("hidden_act")?.text() else { return fallback }
    switch name {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    default:
      throw unsupported("activation '\(name)' is not supported; silu, gelu and gelu_pytorch_tanh are")
    }
  }

  /// The width of the sliding window; `null` means none, and a missing key the family's default.
  func window(default fallback: Int?) throws(HoldfastError) -> Int? {
    has("sliding_window") ? try optionalInt("sliding_window") : fallback
  }

  /// Which layers have the window: what `layer_types` says, or else the family's rule.
  func windowedLayers(
    _ c: ModelConfiguration, _ rule: (Int) -> Bool
  ) throws(HoldfastError) -> [Bool] {
    guard let types = try optional("layer_types")?.elements() else { return (0..<c.layers).map(rule) }
    guard types.count == c.layers else {
      throw unsupported("'layer_types' names \(types.count) layers, but there are \(c.layers)")
    }
    return try types.map { node throws(HoldfastError) in
      switch try node.text() {
      case "sliding_attention": return true
      case "full_attention": return false
      case let other:
        throw unsupported("layer type '\(other)' is not supported; full_attention and sliding_attention are")
      }
    }
  }
}
