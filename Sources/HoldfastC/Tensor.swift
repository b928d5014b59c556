// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/tensor.h and dtype.h.
public import CHoldfast
import Holdfast

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// An array with its shape and strides in C memory.
final class TensorHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_tensor" }
  let array: NDArray
  let shape: CArray<Int64>
  let strides: CArray<Int64>

  init(_ array: NDArray) throws(HoldfastError) {
    self.array = array
    shape = try CArray(array.shape.map { Int64($0) })
    strides = try CArray(array.strides.map { Int64($0) })
  }
}

/// The array behind an argument.
func array(_ tensor: OpaquePointer?, _ name: String = "tensor") throws(HoldfastError) -> NDArray {
  try handle(tensor, name, as: TensorHandle.self).array
}

/// Extents, strides or axes of a tensor.
func extents(_ pointer: UnsafePointer<Int64>?, _ count: Int, _ name: String = "shape") throws(HoldfastError)
  -> [Int]
{
  try elements(pointer, count, name, limit: Int(HOLDFAST_MAX_AXES)).map { Int($0) }
}

/// A type of numbers.
func elementType(_ dtype: holdfast_dtype) throws(HoldfastError) -> ElementType {
  guard let type = ElementType(rawValue: Int32(bitPattern: dtype.rawValue)) else {
    throw HoldfastError(.invalidArgument, "`dtype` is \(dtype.rawValue); pass a HOLDFAST_DTYPE_*")
  }
  return type
}

/// Runs the body of a C function whose result is a tensor.
func makeTensor(
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ name: String,
  _ error: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws(HoldfastError) -> NDArray
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(result, name)
    try output.set(TensorHandle(try body()))
  }
}

@c @implementation
public func holdfast_dtype_size(_ dtype: holdfast_dtype) -> Int { (try? elementType(dtype))?.size ?? 0 }

@c @implementation
public func holdfast_dtype_name(_ dtype: holdfast_dtype) -> UnsafePointer<CChar>? {
  switch try? elementType(dtype) {
  case .float32: constant("float32")
  case .float16: constant("float16")
  case .bfloat16: constant("bfloat16")
  case .float64: constant("float64")
  case .int32: constant("int32")
  case .int64: constant("int64")
  case .uint8: constant("uint8")
  case .bool: constant("bool")
  case nil: constant("unknown")
  }
}

// MARK: - Making

@c @implementation
public func holdfast_tensor_zeros(
  _ shape: UnsafePointer<Int64>?, _ axes: Int, _ dtype: holdfast_dtype,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    try NDArray(zeros: try extents(shape, axes), type: try elementType(dtype))
  }
}

@c @implementation
public func holdfast_tensor_full(
  _ shape: UnsafePointer<Int64>?, _ axes: Int, _ dtype: holdfast_dtype, _ value: Double,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    try NDArray(full: try extents(shape, axes), type: try elementType(dtype), value: value)
  }
}

@c @implementation
public func holdfast_tensor_from_data(
  _ data: UnsafeRawPointer?, _ shape: UnsafePointer<Int64>?, _ axes: Int, _ dtype: holdfast_dtype,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    try NDArray(
      borrowing: UnsafeMutableRawPointer(mutating: data), type: try elementType(dtype),
      shape: try extents(shape, axes),
      isReadOnly: true, owner: Lender(nil, nil)
    ).copied()
  }
}

@c @implementation
public func holdfast_tensor_borrow(
  _ data: UnsafeMutableRawPointer?, _ shape: UnsafePointer<Int64>?, _ strides: UnsafePointer<Int64>?,
  _ axes: Int,
  _ dtype: holdfast_dtype, _ read_only: Int32, _ deleter: holdfast_deleter?,
  _ user_data: UnsafeMutableRawPointer?,
  _ tensor: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  let lender = Lender(deleter, user_data)
  let status = makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    try NDArray(
      borrowing: data, type: try elementType(dtype), shape: try extents(shape, axes),
      strides: strides == nil ? nil : try extents(strides, axes, "strides"),
      isReadOnly: try flag(read_only, "read_only"), owner: lender)
  }
  if status != HOLDFAST_OK { lender.keep() }
  return status
}

/// Memory of the caller, given back when nothing views it any more.
private final class Lender: @unchecked Sendable {
  private var deleter: holdfast_deleter?
  private let userData: UnsafeMutableRawPointer?

  init(_ deleter: holdfast_deleter?, _ userData: UnsafeMutableRawPointer?) {
    self.deleter = deleter
    self.userData = userData
  }

  /// Leaves the memory with the caller after all.
  func keep() { deleter = nil }

  deinit { deleter?(userData) }
}

@c @implementation
public func holdfast_tensor_free(_ tensor: OpaquePointer?) { HandleTable.remove(tensor, TensorHandle.self) }

// MARK: - Looking

@c @implementation
public func holdfast_tensor_dtype(_ tensor: OpaquePointer?) -> holdfast_dtype {
  let type = known(tensor, as: TensorHandle.self)?.array.type ?? .float32
  return holdfast_dtype(rawValue: UInt32(bitPattern: type.rawValue))
}

@c @implementation
public func holdfast_tensor_axes(_ tensor: OpaquePointer?) -> Int {
  known(tensor, as: TensorHandle.self)?.array.rank ?? 0
}

@c @implementation
public func holdfast_tensor_count(_ tensor: OpaquePointer?) -> Int {
  known(tensor, as: TensorHandle.self)?.array.count ?? 0
}

@c @implementation
public func holdfast_tensor_shape(_ tensor: OpaquePointer?) -> UnsafePointer<Int64>? {
  known(tensor, as: TensorHandle.self)?.shape.pointer(at: 0)
}

@c @implementation
public func holdfast_tensor_strides(_ tensor: OpaquePointer?) -> UnsafePointer<Int64>? {
  known(tensor, as: TensorHandle.self)?.strides.pointer(at: 0)
}

@c @implementation
public func holdfast_tensor_is_contiguous(_ tensor: OpaquePointer?) -> Int32 {
  known(tensor, as: TensorHandle.self)?.array.isContiguous == true ? 1 : 0
}

@c @implementation
public func holdfast_tensor_is_read_only(_ tensor: OpaquePointer?) -> Int32 {
  known(tensor, as: TensorHandle.self)?.array.isReadOnly == true ? 1 : 0
}

@c @implementation
public func holdfast_tensor_data(_ tensor: OpaquePointer?) -> UnsafeRawPointer? {
  known(tensor, as: TensorHandle.self).map { UnsafeRawPointer($0.array.pointer) }
}

@c @implementation
public func holdfast_tensor_mutable_data(_ tensor: OpaquePointer?) -> UnsafeMutableRawPointer? {
  known(tensor, as: TensorHandle.self).flatMap { $0.array.isReadOnly ? nil : $0.array.pointer }
}

@c @implementation
public func holdfast_tensor_copy_to(
  _ tensor: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ size: Int,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let array = try array(tensor)
    guard size == array.count * array.type.size else {
      throw HoldfastError(
        .invalidArgument,
        "`size` is \(UInt(bitPattern: size)), but \(array.count) elements of \(array.type.name) take "
          + "\(array.count * array.type.size) bytes")
    }
    guard size > 0 else { return }
    guard let data else { throw HoldfastError(.invalidArgument, "`data` is NULL") }
    let source = try array.contiguous()
    memmove(data, source.pointer, size)
  }
}

// MARK: - Views and copies

@c @implementation
public func holdfast_tensor_view(
  _ tensor: OpaquePointer?, _ shape: UnsafePointer<Int64>?, _ strides: UnsafePointer<Int64>?, _ axes: Int,
  _ offset: Int64, _ view: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(view, "view", error) { () throws(HoldfastError) in
    try array(tensor).strided(
      try extents(shape, axes), try extents(strides, axes, "strides"), offset: Int(offset))
  }
}

@c @implementation
public func holdfast_tensor_reshape(
  _ tensor: OpaquePointer?, _ shape: UnsafePointer<Int64>?, _ axes: Int,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(tensor).reshaped(try extents(shape, axes))
  }
}

@c @implementation
public func holdfast_tensor_transpose(
  _ tensor: OpaquePointer?, _ order: UnsafePointer<Int64>?, _ count: Int,
  _ view: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(view, "view", error) { () throws(HoldfastError) in
    let axes = try extents(order, count, "order")
    return try array(tensor).transposed(order == nil ? nil : axes)
  }
}

@c @implementation
public func holdfast_tensor_slice(
  _ tensor: OpaquePointer?, _ axis: Int64, _ start: Int64, _ stop: Int64, _ step: Int64,
  _ view: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(view, "view", error) { () throws(HoldfastError) in
    try array(tensor).slice(
      axis: Int(axis), start: start == .min ? nil : Int(start), stop: stop == .min ? nil : Int(stop),
      step: Int(step))
  }
}

@c @implementation
public func holdfast_tensor_broadcast(
  _ tensor: OpaquePointer?, _ shape: UnsafePointer<Int64>?, _ axes: Int,
  _ view: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(view, "view", error) { () throws(HoldfastError) in
    try array(tensor).broadcast(to: try extents(shape, axes))
  }
}

@c @implementation
public func holdfast_tensor_cast(
  _ tensor: OpaquePointer?, _ dtype: holdfast_dtype, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in
    try array(tensor).cast(to: try elementType(dtype))
  }
}

@c @implementation
public func holdfast_tensor_contiguous(
  _ tensor: OpaquePointer?, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(result, "result", error) { () throws(HoldfastError) in try array(tensor).contiguous() }
}
