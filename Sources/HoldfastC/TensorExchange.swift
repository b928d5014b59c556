// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/tensor.h, the structures in dlpack.h.
public import CHoldfast
import Holdfast

// MARK: - Lending

/// What a structure that was handed out keeps alive: the memory, its shape and its strides.
private final class Loan {
  private let handle: TensorHandle

  init(_ array: NDArray) throws(HoldfastError) { handle = try TensorHandle(array) }

  /// The view as DLPack describes it.
  var tensor: DLTensor {
    let array = handle.array
    var tensor = DLTensor()
    tensor.data = array.pointer
    tensor.device = DLDevice(device_type: kDLCPU, device_id: 0)
    tensor.ndim = Int32(truncatingIfNeeded: array.rank)
    tensor.dtype = array.type.exchanged
    tensor.shape = UnsafeMutablePointer(mutating: handle.shape.pointer(at: 0))
    tensor.strides = UnsafeMutablePointer(mutating: handle.strides.pointer(at: 0))
    return tensor
  }
}

/// Ends a loan.
private func end(_ context: UnsafeMutableRawPointer?) {
  if let context { Unmanaged<Loan>.fromOpaque(context).release() }
}

@c @implementation
public func holdfast_tensor_to_dlpack(
  _ tensor: OpaquePointer?, _ managed: UnsafeMutablePointer<UnsafeMutablePointer<DLManagedTensorVersioned>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(managed, "managed", empty: nil)
    let array = try array(tensor)
    let loan = try Loan(array)
    let structure = try allocateArray([DLManagedTensorVersioned()])
    structure.pointee.version = DLPackVersion(major: 1, minor: 0)
    structure.pointee.manager_ctx = Unmanaged.passRetained(loan).toOpaque()
    structure.pointee.flags = array.isReadOnly ? 1 : 0
    structure.pointee.dl_tensor = loan.tensor
    structure.pointee.deleter = { structure in
      end(structure?.pointee.manager_ctx)
      holdfast_array_free(structure)
    }
    output.set(structure)
  }
}

@c @implementation
public func holdfast_tensor_to_dlpack_unversioned(
  _ tensor: OpaquePointer?, _ managed: UnsafeMutablePointer<UnsafeMutablePointer<DLManagedTensor>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(managed, "managed", empty: nil)
    let array = try array(tensor)
    guard !array.isReadOnly else {
      throw HoldfastError(
        .unsupported, "the tensor must not be written, which DLPack says only since version 1; copy it first")
    }
    let loan = try Loan(array)
    let structure = try allocateArray([DLManagedTensor()])
    structure.pointee.manager_ctx = Unmanaged.passRetained(loan).toOpaque()
    structure.pointee.dl_tensor = loan.tensor
    structure.pointee.deleter = { structure in
      end(structure?.pointee.manager_ctx)
      holdfast_array_free(structure)
    }
    output.set(structure)
  }
}

// MARK: - Borrowing

/// A structure of another library, given back when nothing views its memory any more.
private final class Borrowed: @unchecked Sendable {
  private var giveBack: (() -> Void)?

  /// Takes the structure over; until then it is the caller's.
  func take(_ giveBack: @escaping () -> Void) { self.giveBack = giveBack }

  deinit { giveBack?() }
}

@c @implementation
public func holdfast_tensor_from_dlpack(
  _ managed: UnsafeMutablePointer<DLManagedTensorVersioned>?, _ tensor: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(tensor, "tensor")
    let managed = try aligned(managed)
    // Only the version may be read before it is known.
    let version = managed.pointee.version
    guard version.major == 1 else {
      throw HoldfastError(
        .unsupported,
        "the tensor follows DLPack \(version.major).\(version.minor); this library knows version 1")
    }
    let owner = Borrowed()
    let array = try borrow(managed.pointee.dl_tensor, isReadOnly: managed.pointee.flags & 1 != 0, owner)
    try output.set(TensorHandle(array))
    owner.take { managed.pointee.deleter?(managed) }
  }
}

@c @implementation
public func holdfast_tensor_from_dlpack_unversioned(
  _ managed: UnsafeMutablePointer<DLManagedTensor>?, _ tensor: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(tensor, "tensor")
    let managed = try aligned(managed)
    let owner = Borrowed()
    try output.set(TensorHandle(try borrow(managed.pointee.dl_tensor, isReadOnly: false, owner)))
    owner.take { managed.pointee.deleter?(managed) }
  }
}

/// A structure that can be read.
private func aligned<T>(_ managed: UnsafeMutablePointer<T>?) throws(HoldfastError) -> UnsafeMutablePointer<T>
{
  guard let managed else {
    throw HoldfastError(.invalidArgument, "`managed` is NULL; pass a DLPack structure")
  }
  guard UInt(bitPattern: managed) % UInt(MemoryLayout<T>.alignment) == 0 else {
    throw HoldfastError(.invalidArgument, "`managed` is not aligned to \(MemoryLayout<T>.alignment) bytes")
  }
  return managed
}

/// The array a DLPack tensor describes.
private func borrow(_ tensor: DLTensor, isReadOnly: Bool, _ owner: AnyObject) throws(HoldfastError) -> NDArray
{
  guard tensor.device.device_type == kDLCPU else {
    throw HoldfastError(
      .unsupported,
      "the tensor is on a device of type \(tensor.device.device_type.rawValue); copy it to the CPU first")
  }
  guard let type = ElementType(tensor.dtype) else {
    let dtype = tensor.dtype
    throw HoldfastError(
      .unsupported,
      "elements of DLPack type code \(dtype.code), \(dtype.bits) bits, \(dtype.lanes) lanes; cast them to one of "
        + ElementType.allCases.map(\.name).joined(separator: ", "))
  }
  let axes = Int(tensor.ndim)
  let shape = try extents(UnsafePointer(tensor.shape), axes)
  let strides = tensor.strides == nil ? nil : try extents(UnsafePointer(tensor.strides), axes, "strides")
  let data = tensor.data.flatMap { start -> UnsafeMutableRawPointer? in
    let (address, overflow) = UInt(bitPattern: start).addingReportingOverflow(UInt(tensor.byte_offset))
    return overflow ? nil : UnsafeMutableRawPointer(bitPattern: address)
  }
  return try NDArray(
    borrowing: data, type: type, shape: shape, strides: strides, isReadOnly: isReadOnly, owner: owner)
}

extension ElementType {
  /// The type as DLPack names it.
  fileprivate var exchanged: DLDataType {
    let code: DLDataTypeCode =
      switch self {
      case .float32, .float16, .float64: kDLFloat
      case .bfloat16: kDLBfloat
      case .int32, .int64: kDLInt
      case .uint8: kDLUInt
      case .bool: kDLBool
      }
    return DLDataType(
      code: UInt8(truncatingIfNeeded: code.rawValue), bits: UInt8(truncatingIfNeeded: 8 * size), lanes: 1)
  }

  /// The type DLPack names so, if it is one of these.
  fileprivate init?(_ type: DLDataType) {
    for candidate in ElementType.allCases {
      let own = candidate.exchanged
      if own.code == type.code, own.bits == type.bits, type.lanes == 1 {
        self = candidate
        return
      }
    }
    return nil
  }
}
