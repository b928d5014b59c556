// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/ops.h.
public import CHoldfast
import Holdfast

/// Receivers of several results, any of which may be NULL.
struct TensorOutputs {
  private let pointers: [UnsafeMutablePointer<OpaquePointer?>?]

  /// Clears the receivers.
  init(_ pointers: UnsafeMutablePointer<OpaquePointer?>?...) {
    self.pointers = pointers
    for pointer in pointers { pointer?.pointee = nil }
  }

  /// Hands over the results somebody wants, in the order of the receivers: all of them or, on an error, none.
  func set(_ arrays: NDArray?...) throws(HoldfastError) {
    var handles: [(UnsafeMutablePointer<OpaquePointer?>, TensorHandle)] = []
    for (pointer, array) in zip(pointers, arrays) {
      if let pointer, let array { handles.append((pointer, try TensorHandle(array))) }
    }
    for (pointer, handle) in handles { pointer.pointee = try HandleTable.insert(handle) }
  }
}

@c @implementation
public func holdfast_tensor_matmul(
  _ a: OpaquePointer?, _ b: OpaquePointer?, _ transpose_a: Int32, _ transpose_b: Int32,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(a, "a").matmul(
      try array(b, "b"), transposeA: try flag(transpose_a, "transpose_a"),
      transposeB: try flag(transpose_b, "transpose_b"))
  }
}

@c @implementation
public func holdfast_tensor_matmul_backward(
  _ gradient: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?, _ transpose_a: Int32,
  _ transpose_b: Int32,
  _ a_gradient: UnsafeMutablePointer<OpaquePointer?>?, _ b_gradient: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let outputs = TensorOutputs(a_gradient, b_gradient)
    let result = try NDArray.matmulBackward(
      try array(gradient, "gradient"), try array(a, "a"), try array(b, "b"),
      transposeA: try flag(transpose_a, "transpose_a"), transposeB: try flag(transpose_b, "transpose_b"))
    try outputs.set(result.a, result.b)
  }
}
