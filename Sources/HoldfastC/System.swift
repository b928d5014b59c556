// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/system.h.
public import CHoldfast
import Holdfast

@c @implementation
public func holdfast_system_info(
  _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    output.set(try allocateString(Runtime.shared.systemInfo().json.text()))
  }
}

@c @implementation
public func holdfast_num_threads() -> Int32 { Int32(clamping: Runtime.shared.threadCount) }

@c @implementation
public func holdfast_set_num_threads(_ count: Int32, _ error: UnsafeMutablePointer<OpaquePointer?>?)
  -> holdfast_status
{
  call(error) { () throws(HoldfastError) in try Runtime.shared.setThreadCount(Int(count)) }
}
