// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/study.h.
public import CHoldfast
import Holdfast

@c @implementation
public func holdfast_study_run(
  _ specification: UnsafePointer<CChar>?, _ baseDirectory: UnsafePointer<CChar>?,
  _ progress: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?,
  _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    summary?.pointee = nil
    let text = try textArgument(specification, "specification")
    let base = try optionalTextArgument(baseDirectory, "base_directory") ?? ""
    let study = try StudyDescription(
      try JSON.parse(text, name: "specification"), name: "specification", baseDirectory: base)
    try run(study, progressHandler(progress, userData), summary)
  }
}

@c @implementation
public func holdfast_study_run_file(
  _ path: UnsafePointer<CChar>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?,
  _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    summary?.pointee = nil
    let study = try StudyDescription(path: try pathArgument(path))
    try run(study, progressHandler(progress, userData), summary)
  }
}

@c @implementation
public func holdfast_study_status(
  _ directory: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let status = try StudyStatus(directory: try pathArgument(directory, "directory"))
    output.set(try allocateString(status.json.text()))
  }
}

/// Runs a study or a series and hands its results over, if they are wanted.
private func run(
  _ study: StudyDescription, _ progress: ProgressHandler?,
  _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) throws(HoldfastError) {
  let result = try study.run(progress: progress)
  if let summary { summary.pointee = try allocateString(result.json.text()) }
}
