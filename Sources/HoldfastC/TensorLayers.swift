// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/ops.h.
public import CHoldfast
import Holdfast

/// The array behind an argument that may be NULL.
private func optionalArray(_ tensor: OpaquePointer?, _ name: String) throws(HoldfastError) -> NDArray? {
  try optionalHandle(tensor, name, as: TensorHandle.self)?.array
}

// MARK: - Softmax and loss

@c @implementation
public func holdfast_tensor_softmax(
  _ x: OpaquePointer?, _ axis: Int64, _ logarithm: Int32, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").softmax(axis: Int(axis), logarithm: try flag(logarithm, "logarithm"))
  }
}

@c @implementation
public func holdfast_tensor_softmax_backward(
  _ gradient: OpaquePointer?, _ y: OpaquePointer?, _ axis: Int64, _ logarithm: Int32,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try NDArray.softmaxBackward(
      try array(gradient, "gradient"), result: try array(y, "y"), axis: Int(axis),
      logarithm: try flag(logarithm, "logarithm"))
  }
}

@c @implementation
public func holdfast_tensor_cross_entropy(
  _ logits: OpaquePointer?, _ targets: OpaquePointer?, _ ignored: Int64, _ reduction: holdfast_loss_reduction,
  _ loss: UnsafeMutablePointer<OpaquePointer?>?, _ gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(loss, gradient)
    let result = try array(logits, "logits").crossEntropy(
      targets: try array(targets, "targets"), ignored: ignored,
      reduction: try choice(reduction.rawValue, "reduction"), gradient: gradient != nil)
    try outputs.set(result.loss, result.gradient)
  }
}

// MARK: - Norms

@c @implementation
public func holdfast_tensor_rms_norm(
  _ x: OpaquePointer?, _ weight: OpaquePointer?, _ offset: Double, _ epsilon: Double,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").rmsNorm(
      weight: try optionalArray(weight, "weight"), offset: Float(offset), epsilon: Float(epsilon))
  }
}

@c @implementation
public func holdfast_tensor_rms_norm_backward(
  _ gradient: OpaquePointer?, _ x: OpaquePointer?, _ weight: OpaquePointer?, _ offset: Double,
  _ epsilon: Double,
  _ x_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ weight_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(x_gradient, weight_gradient)
    let result = try NDArray.rmsNormBackward(
      try array(gradient, "gradient"), x: try array(x, "x"), weight: try optionalArray(weight, "weight"),
      offset: Float(offset), epsilon: Float(epsilon))
    try outputs.set(result.x, result.weight)
  }
}

@c @implementation
public func holdfast_tensor_layer_norm(
  _ x: OpaquePointer?, _ weight: OpaquePointer?, _ bias: OpaquePointer?, _ epsilon: Double,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").layerNorm(
      weight: try optionalArray(weight, "weight"), bias: try optionalArray(bias, "bias"),
      epsilon: Float(epsilon))
  }
}

@c @implementation
public func holdfast_tensor_layer_norm_backward(
  _ gradient: OpaquePointer?, _ x: OpaquePointer?, _ weight: OpaquePointer?, _ epsilon: Double,
  _ x_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ weight_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ bias_gradient: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(x_gradient, weight_gradient, bias_gradient)
    let result = try NDArray.layerNormBackward(
      try array(gradient, "gradient"), x: try array(x, "x"), weight: try optionalArray(weight, "weight"),
      epsilon: Float(epsilon))
    try outputs.set(result.x, result.weight, result.bias)
  }
}

// MARK: - Rotary embedding

extension holdfast_rotary_options: Options {
  static var type: String { "holdfast_rotary_options" }
  static var sizes: [Int] { [24] }
  static var defaults: holdfast_rotary_options {
    holdfast_rotary_options(
      struct_size: UInt32(MemoryLayout<Self>.size), width: 0, base: 10_000, interleaved: 0, inverse: 0)
  }
}

@c @implementation
public func holdfast_rotary_options_init(
  _ options: UnsafeMutablePointer<holdfast_rotary_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_tensor_rotary(
  _ x: OpaquePointer?, _ positions: OpaquePointer?, _ options: UnsafePointer<holdfast_rotary_options>?,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    let options = try readOptions(options)
    return try array(x, "x").rotated(
      positions: try optionalArray(positions, "positions"), base: options.base,
      width: options.width == 0 ? nil : Int(options.width),
      interleaved: try flag(options.interleaved, "interleaved"), inverse: try flag(options.inverse, "inverse")
    )
  }
}

// MARK: - Attention

extension holdfast_attention_options: Options {
  static var type: String { "holdfast_attention_options" }
  static var sizes: [Int] { [32] }
  static var defaults: holdfast_attention_options {
    holdfast_attention_options(
      struct_size: UInt32(MemoryLayout<Self>.size), causal: 1, window: 0, scale: 0, softcap: 0)
  }

  /// The options as the engine takes them.
  func resolved() throws(HoldfastError) -> AttentionRule {
    AttentionRule(
      scale: scale == 0 ? nil : Float(scale), isCausal: try flag(causal, "causal"),
      window: window == 0 ? nil : Int(window), softcap: softcap == 0 ? nil : Float(softcap))
  }
}

@c @implementation
public func holdfast_attention_options_init(
  _ options: UnsafeMutablePointer<holdfast_attention_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_tensor_attention(
  _ queries: OpaquePointer?, _ keys: OpaquePointer?, _ values: OpaquePointer?,
  _ options: UnsafePointer<holdfast_attention_options>?, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ log_sum_exp: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(result, log_sum_exp)
    let attention = try NDArray.attention(
      try array(queries, "queries"), try array(keys, "keys"), try array(values, "values"),
      rule: try readOptions(options).resolved())
    try outputs.set(attention.output, attention.logSumExp)
  }
}

@c @implementation
public func holdfast_tensor_attention_backward(
  _ gradient: OpaquePointer?, _ queries: OpaquePointer?, _ keys: OpaquePointer?, _ values: OpaquePointer?,
  _ options: UnsafePointer<holdfast_attention_options>?,
  _ query_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ key_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ value_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(query_gradient, key_gradient, value_gradient)
    let result = try NDArray.attentionBackward(
      try array(gradient, "gradient"), try array(queries, "queries"), try array(keys, "keys"),
      try array(values, "values"), rule: try readOptions(options).resolved())
    try outputs.set(result.queries, result.keys, result.values)
  }
}
