import HoldfastStorage
import HoldfastTensor

extension ConfigurationReader {
  /// The rotary embedding.
  ///
  /// transformers 5 writes `rope_parameters`, in some families one for each type of layer; earlier versions wrote
  /// `rope_theta` and `rope_scaling` (with `type` before `rope_type`), and some settings beside them.
  func rotary(
    _ c: ModelConfiguration, layerType: ByteString? = nil, defaultTheta: Double = 10000,
    defaultShare: Double = 1
  ) throws(HoldfastError) -> RotaryConfiguration {
    var theta = try double("rope_theta", default: defaultTheta)
    var share = try double("partial_rotary_factor", default: defaultShare)
    var parameters: JSONNode?
    for key: ByteString in ["rope_scaling", "rope_parameters"] {
      guard var node = try optional(key) else { continue }
      if let layerType, let nested = try node.optional(layerType) { node = nested }
      theta = try node.optional("rope_theta")?.double() ?? theta
      share = try node.optional("partial_rotary_factor")?.double() ?? share
      parameters = node
    }
    guard share > 0, share <= 1 else {
      throw unsupported("a partial rotary factor of \(share) makes no sense")
    }
    return RotaryConfiguration(
      theta: theta, width: Int(Double(c.headWidth) * share), contextLength: c.contextLength,
      scaling: try parameters.map { node throws(HoldfastError) in try scaling(node, c) } ?? .none)
  }

  /// The rotary embedding of Gemma 3's windowed layers: unscaled, with a base of its own.
  func localRotary(_ c: ModelConfiguration) throws(HoldfastError) -> RotaryConfiguration {
    let theta = try double("rope_local_base_freq", default: 10000)
    let local: ByteString = "sliding_attention"
    guard let node = try optional("rope_parameters")?.optional(local) else {
      return RotaryConfiguration(
        theta: theta, width: c.headWidth, contextLength: c.contextLength, scaling: .none)
    }
    return RotaryConfiguration(
      theta: try node.optional("rope_theta")?.double() ?? theta, width: c.headWidth,
      contextLength: c.contextLength, scaling: try scaling(node, c))
  }

  private func scaling(
    _ node: JSONNode, _ c: ModelConfiguration
  ) throws(HoldfastError) -> RotaryConfiguration.Scaling {
    func number(_ key: ByteString) throws(HoldfastError) -> Double { try node.member(key).double() }
    func optional(_ key: ByteString) throws(HoldfastError) -> Double? { try node.optional(key)?.double() }
    // Phi-3 keeps the original length beside the scaling, where it counts for more than inside.
    let outside = try optionalInt("original_max_position_embeddings")
    let inside = try node.optional("original_max_position_embeddings")?.int()
    let original = outside ?? inside ?? c.contextLength
    guard original > 0, original <= 1 << 28 else {
      throw unsupported("an original context length of \(original) makes no sense")
    }
    let old = try node.optional("type")?.text() ?? "default"
    let kind = try node.optional("rope_type")?.text() ?? old
    switch kind {
    case "default": return .none
    case "linear": return .linear(factor: try number("factor"))
    case "dynamic": return .dynamic(factor: try number("factor"))
    case "llama3":
      return .llama3(
        factor: try number("factor"), low: try number("low_freq_factor"),
        high: try number("high_freq_factor"),
        original: original)
    case "yarn":
      let factor = try optional("factor") ?? Double(c.contextLength) / Double(original)
      let usual = RotaryConfiguration.yarnAttention(
        factor, try optional("mscale"), try optional("mscale_all_dim"))
      return .yarn(
        factor: factor, attention: try optional("attention_factor") ?? usual,
        fast: try optional("beta_fast") ?? 32, slow: try optional("beta_slow") ?? 1, original: original,
        truncate: try node.optional("truncate")?.bool() ?? true)
    case "longrope", "su":
      let factor = try optional("factor") ?? Double(c.contextLength) / Double(original)
      func factors(_ key: ByteString) throws(HoldfastError) -> [Float] {
        try node.member(key).elements().map { item throws(HoldfastError) in Float(try item.double()) }
      }
      return .longRoPE(
        short: try factors("short_factor"), long: try factors("long_factor"),
        attention: try optional("attention_factor")
          ?? RotaryConfiguration.longAttention(factor, original: original),
        original: original)
    default:
      throw unsupported(
        "rotary scaling '\(kind)' is not known; default, linear, dynamic, llama3, yarn and longrope are")
    }
  }
}
