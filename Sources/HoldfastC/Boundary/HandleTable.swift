import HoldfastTensor
import Synchronization

/// The handles a program holds.
///
/// An opaque pointer that leaves the library is a number, never an address, and no number is given out twice. So a freed
/// handle, a handle of another kind and a pointer that never was a handle are all recognised without touching memory.
enum HandleTable {
  private struct State {
    var last: UInt = 0
    var live: [UInt: Handle] = [:]
  }

  private static let state = Mutex(State())

  /// Gives a handle its number; odd, so that it can be mistaken for no object's address.
  static func insert(_ handle: Handle) throws(HoldfastError) -> OpaquePointer {
    let number = state.withLock { state in
      state.last &+= 2
      let number = state.last | 1
      state.live[number] = handle
      return number
    }
    guard let pointer = OpaquePointer(bitPattern: number) else {
      throw HoldfastError(.internal, "handle numbers are used up")
    }
    return pointer
  }

  /// The handle behind a pointer, if it is alive.
  static func find(_ pointer: OpaquePointer) -> Handle? {
    let number = UInt(bitPattern: pointer)
    return state.withLock { $0.live[number] }
  }

  /// Forgets a handle of the given kind, which lives on while a call uses it; anything else is left alone.
  static func remove<H: Handle>(_ pointer: OpaquePointer?, _ kind: H.Type) {
    guard let pointer else { return }
    let number = UInt(bitPattern: pointer)
    // Returned out of the lock, so that a large object is not torn down inside it.
    let removed = state.withLock { state -> Handle? in
      guard state.live[number] is H else { return nil }
      return state.live.removeValue(forKey: number)
    }
    withExtendedLifetime(removed) {}
  }
}

/// The live handle behind an argument, or an error that says what the argument is instead.
func handle<H: Handle>(_ pointer: OpaquePointer?, _ name: String, as kind: H.Type = H.self)
  throws(HoldfastError) -> H
{
  guard let pointer else {
    throw HoldfastError(.invalidArgument, "`\(name)` is NULL; pass a \(H.type)")
  }
  guard let found = HandleTable.find(pointer) else {
    throw HoldfastError(
      .invalidArgument, "`\(name)` is not a live \(H.type): it was freed, or did not come from this library")
  }
  guard let handle = found as? H else {
    throw HoldfastError(
      .invalidArgument, "`\(name)` is a \(Swift.type(of: found).type); pass a \(H.type)")
  }
  return handle
}

/// The live handle behind an argument that may be NULL.
func optionalHandle<H: Handle>(_ pointer: OpaquePointer?, _ name: String, as kind: H.Type = H.self)
  throws(HoldfastError) -> H?
{
  guard pointer != nil else { return nil }
  return try handle(pointer, name)
}

/// The live handle behind the argument of an accessor that cannot fail.
func known<H: Handle>(_ pointer: OpaquePointer?, as kind: H.Type = H.self) -> H? {
  guard let pointer else { return nil }
  return HandleTable.find(pointer) as? H
}
