// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/study.h.
public import CHoldfast
import Holdfast

private let pending = HoldfastError(.unsupported, "studies are not in this build")

@c @implementation
public func holdfast_study_run(
  _ specification: UnsafePointer<CChar>?, _ baseDirectory: UnsafePointer<CChar>?,
  _ progress: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?,
  _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in throw pending }
}

@c @implementation
public func holdfast_study_run_file(
  _ path: UnsafePointer<CChar>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?,
  _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in throw pending }
}

@c @implementation
public func holdfast_study_status(
  _ directory: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in throw pending }
}
