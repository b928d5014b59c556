// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/ops.h.
public import CHoldfast
import Holdfast

/// An argument of an enumeration of C whose values are those of an enumeration of the engine.
func choice<T: RawRepresentable>(_ value: UInt32, _ name: String, as _: T.Type = T.self) throws(HoldfastError)
  -> T
where T.RawValue == Int32 {
  guard let choice = T(rawValue: Int32(bitPattern: value)) else {
    throw HoldfastError(.invalidArgument, "`\(name)` is \(value), which names none")
  }
  return choice
}

@c @implementation
public func holdfast_tensor_binary(
  _ a: OpaquePointer?, _ b: OpaquePointer?, _ operation: holdfast_binary_operation,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(a, "a").combined(try choice(operation.rawValue, "operation"), try array(b, "b"))
  }
}

@c @implementation
public func holdfast_tensor_where(
  _ condition: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(condition, "condition").selected(try array(a, "a"), try array(b, "b"))
  }
}

@c @implementation
public func holdfast_tensor_unary(
  _ x: OpaquePointer?, _ operation: holdfast_unary_operation, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").mapped(try choice(operation.rawValue, "operation"))
  }
}

@c @implementation
public func holdfast_tensor_unary_backward(
  _ gradient: OpaquePointer?, _ x: OpaquePointer?, _ operation: holdfast_unary_operation,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try NDArray.mappedBackward(
      try array(gradient, "gradient"), try choice(operation.rawValue, "operation"), try array(x, "x"))
  }
}

@c @implementation
public func holdfast_tensor_reduce(
  _ x: OpaquePointer?, _ reduction: holdfast_reduction, _ axes: UnsafePointer<Int64>?, _ count: Int,
  _ keep_axes: Int32, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    let named = try extents(axes, count, "axes")
    return try array(x, "x").reduced(
      try choice(reduction.rawValue, "reduction"), axes: axes == nil ? nil : named,
      keepAxes: try flag(keep_axes, "keep_axes"))
  }
}

@c @implementation
public func holdfast_tensor_take(
  _ x: OpaquePointer?, _ indices: OpaquePointer?, _ axis: Int64,
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").taken(try array(indices, "indices"), axis: Int(axis))
  }
}

@c @implementation
public func holdfast_tensor_take_backward(
  _ gradient: OpaquePointer?, _ indices: OpaquePointer?, _ rows: Int64,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try NDArray.takenBackward(
      try array(gradient, "gradient"), indices: try array(indices, "indices"), rows: Int(rows))
  }
}

@c @implementation
public func holdfast_tensor_gather(
  _ x: OpaquePointer?, _ indices: OpaquePointer?, _ axis: Int64,
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(x, "x").gathered(try array(indices, "indices"), axis: Int(axis))
  }
}

@c @implementation
public func holdfast_tensor_top_k(
  _ x: OpaquePointer?, _ k: Int64, _ axis: Int64, _ largest: Int32,
  _ values: UnsafeMutablePointer<OpaquePointer?>?,
  _ positions: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(values, positions)
    let top = try array(x, "x").topK(Int(k), axis: Int(axis), largest: try flag(largest, "largest"))
    try outputs.set(top.values, top.positions)
  }
}

@c @implementation
public func holdfast_tensor_random_uniform(
  _ shape: UnsafePointer<Int64>?, _ axes: Int, _ low: Double, _ high: Double, _ seed: UInt64,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    var random = RandomSource(seed: seed)
    return try NDArray(uniform: try extents(shape, axes), low: low, high: high, from: &random)
  }
}

@c @implementation
public func holdfast_tensor_random_normal(
  _ shape: UnsafePointer<Int64>?, _ axes: Int, _ mean: Double, _ deviation: Double, _ seed: UInt64,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    var random = RandomSource(seed: seed)
    return try NDArray(normal: try extents(shape, axes), mean: mean, deviation: deviation, from: &random)
  }
}
