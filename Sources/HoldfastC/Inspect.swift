// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/inspect.h.
public import CHoldfast
import Holdfast

@c @implementation
public func holdfast_inspect(
  _ path: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    output.set(try allocateString(try Inspection.describe(try pathArgument(path)).text()))
  }
}

@c @implementation
public func holdfast_verify(
  _ path: UnsafePointer<CChar>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?,
  _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let result = try Verification.check(try pathArgument(path), progress: progressHandler(progress, userData))
    output.set(try allocateString(result.json.text()))
  }
}
