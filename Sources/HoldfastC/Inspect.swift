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
