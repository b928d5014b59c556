// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/base.h.
public import CHoldfast
import Holdfast

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// An error the caller holds.
final class ErrorHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_error" }
  let error: HoldfastError
  /// nil when there was no memory for it.
  let message: CStrings?

  init(_ error: HoldfastError) {
    self.error = error
    message = try? CStrings([error.message])
  }
}

@c @implementation
public func holdfast_error_code(_ error: OpaquePointer?) -> holdfast_status {
  known(error, as: ErrorHandle.self).map { holdfast_status($0.error.code) } ?? HOLDFAST_OK
}

@c @implementation
public func holdfast_error_message(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
  known(error, as: ErrorHandle.self)?.message?[0] ?? constant("")
}

@c @implementation
public func holdfast_error_free(_ error: OpaquePointer?) { HandleTable.remove(error, ErrorHandle.self) }

@c @implementation
public func holdfast_status_name(_ status: holdfast_status) -> UnsafePointer<CChar>? {
  switch status {
  case HOLDFAST_OK: constant("ok")
  case HOLDFAST_INVALID_ARGUMENT: constant("invalid-argument")
  case HOLDFAST_NOT_FOUND: constant("not-found")
  case HOLDFAST_IO: constant("io")
  case HOLDFAST_CORRUPT_DATA: constant("corrupt-data")
  case HOLDFAST_UNSUPPORTED: constant("unsupported")
  case HOLDFAST_OUT_OF_MEMORY: constant("out-of-memory")
  case HOLDFAST_CANCELLED: constant("cancelled")
  case HOLDFAST_NUMERICAL: constant("numerical")
  case HOLDFAST_CONTEXT_LENGTH: constant("context-length")
  case HOLDFAST_NEWER_VERSION: constant("newer-version")
  case HOLDFAST_INTERNAL: constant("internal")
  default: constant("unknown")
  }
}

@c @implementation
public func holdfast_version() -> UnsafePointer<CChar>? { version?[0] ?? constant("") }

private let version = try? CStrings([engineVersion])

@c @implementation
public func holdfast_abi_version() -> UInt32 { 0 }

@c @implementation
public func holdfast_string_free(_ string: UnsafeMutablePointer<CChar>?) { free(string) }

@c @implementation
public func holdfast_array_free(_ array: UnsafeMutableRawPointer?) { free(array) }

/// Text of the library itself, which never goes away.
func constant(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
