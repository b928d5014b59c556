// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/tune.h.
public import CHoldfast
import Holdfast

/// Instruction data that was read and checked.
final class InstructionsHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_instructions" }
  let instructions: InstructionData

  init(_ instructions: InstructionData) { self.instructions = instructions }
}

@c @implementation
public func holdfast_instructions_load(
  _ path: UnsafePointer<CChar>?, _ instructions: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(instructions, "instructions")
    try output.set(InstructionsHandle(try InstructionData(path: try pathArgument(path))))
  }
}

@c @implementation
public func holdfast_instructions_parse(
  _ json: UnsafePointer<CChar>?, _ instructions: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(instructions, "instructions")
    let text = try textArgument(json, "json")
    try output.set(InstructionsHandle(try InstructionData(json: text, source: "instructions")))
  }
}

@c @implementation
public func holdfast_instructions_free(_ instructions: OpaquePointer?) {
  HandleTable.remove(instructions, InstructionsHandle.self)
}

@c @implementation
public func holdfast_instructions_count(_ instructions: OpaquePointer?) -> Int {
  known(instructions, as: InstructionsHandle.self)?.instructions.rows.count ?? 0
}
