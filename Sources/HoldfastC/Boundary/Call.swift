import CHoldfast
import HoldfastTensor

/// Runs the body of a C function and hands its error, if any, to the caller.
func call(_ error: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws(HoldfastError) -> Void)
  -> holdfast_status
{
  defer { Log.deliver() }
  do throws(HoldfastError) {
    try body()
    return HOLDFAST_OK
  } catch let failure {
    error?.pointee = try? HandleTable.insert(ErrorHandle(failure))
    return holdfast_status(failure.code)
  }
}

extension holdfast_status {
  /// The status of an error; both have the same numbers.
  init(_ code: HoldfastError.Code) {
    self.init(rawValue: UInt32(bitPattern: code.rawValue))
  }
}

/// Where a result goes, checked and cleared before the work begins.
struct Output<Value> {
  private let pointer: UnsafeMutablePointer<Value>

  /// Takes the caller's pointer, which must not be NULL, and writes `empty` there.
  init(_ pointer: UnsafeMutablePointer<Value>?, _ name: String, empty: Value) throws(HoldfastError) {
    guard let pointer else {
      throw HoldfastError(.invalidArgument, "`\(name)` is NULL; pass the address that receives the result")
    }
    pointer.pointee = empty
    self.pointer = pointer
  }

  /// Hands the value over.
  func set(_ value: Value) { pointer.pointee = value }
}

extension Output where Value == OpaquePointer? {
  init(_ pointer: UnsafeMutablePointer<Value>?, _ name: String) throws(HoldfastError) {
    try self.init(pointer, name, empty: nil)
  }

  /// Hands a new handle over.
  func set(_ handle: Handle) throws(HoldfastError) { set(try HandleTable.insert(handle)) }
}
