// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/model.h.
public import CHoldfast
import Holdfast

/// A model, the C strings of its parameter names, and sessions to use it with.
final class ModelHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_model" }
  let model: Model
  let sessions: SessionPool
  let parameterNames: CStrings
  let parameterCount: Int

  init(_ model: Model) throws(HoldfastError) {
    self.model = model
    sessions = SessionPool(model)
    let names = model.parameterNames
    parameterNames = try CStrings(names.map(\.text))
    parameterCount = names.count
  }
}

@c @implementation
public func holdfast_model_load(
  _ path: UnsafePointer<CChar>?, _ model: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(model, "model")
    try output.set(ModelHandle(try Model.load(try pathArgument(path))))
  }
}

@c @implementation
public func holdfast_model_free(_ model: OpaquePointer?) { HandleTable.remove(model, ModelHandle.self) }

@c @implementation
public func holdfast_model_adapt(
  _ model: OpaquePointer?, _ directory: UnsafePointer<CChar>?,
  _ adapted: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(adapted, "adapted")
    let handle = try handle(model, "model", as: ModelHandle.self)
    try output.set(ModelHandle(try handle.model.adapted(by: try pathArgument(directory, "directory"))))
  }
}

@c @implementation
public func holdfast_model_merge(
  _ model: OpaquePointer?, _ merged: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(merged, "merged")
    let handle = try handle(model, "model", as: ModelHandle.self)
    try output.set(ModelHandle(try handle.model.merged()))
  }
}

@c @implementation
public func holdfast_model_save_adapter(
  _ model: OpaquePointer?, _ directory: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(model, "model", as: ModelHandle.self)
    try handle.model.saveAdapter(to: try pathArgument(directory, "directory"))
  }
}

@c @implementation
public func holdfast_model_save(
  _ model: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(model, "model", as: ModelHandle.self)
    try handle.model.save(to: try pathArgument(path))
  }
}

@c @implementation
public func holdfast_model_export(
  _ model: OpaquePointer?, _ directory: UnsafePointer<CChar>?, _ dtype: holdfast_dtype, _ shardBytes: UInt64,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(model, "model", as: ModelHandle.self)
    let precision = try choice(Int32(truncatingIfNeeded: dtype.rawValue), "dtype", FloatPrecision.allCases)
    let directory = try pathArgument(directory, "directory")
    try handle.model.exportHuggingFace(
      to: directory, precision: precision,
      shardBytes: shardBytes == 0 ? 5_000_000_000 : Int(clamping: shardBytes))
  }
}

@c @implementation
public func holdfast_model_info(
  _ model: OpaquePointer?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let handle = try handle(model, "model", as: ModelHandle.self)
    output.set(try allocateString(handle.model.infoJSON.text()))
  }
}

@c @implementation
public func holdfast_model_vocabulary_size(_ model: OpaquePointer?) -> Int {
  known(model, as: ModelHandle.self)?.model.configuration.vocabularySize ?? 0
}

@c @implementation
public func holdfast_model_context_length(_ model: OpaquePointer?) -> Int {
  known(model, as: ModelHandle.self)?.model.configuration.contextLength ?? 0
}

@c @implementation
public func holdfast_model_parameter_count(_ model: OpaquePointer?) -> Int {
  known(model, as: ModelHandle.self)?.parameterCount ?? 0
}

@c @implementation
public func holdfast_model_parameter_name(_ model: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  known(model, as: ModelHandle.self)?.parameterNames[index]
}

@c @implementation
public func holdfast_model_logits(
  _ model: OpaquePointer?, _ tokens: UnsafePointer<Int32>?, _ tokenCount: Int,
  _ logits: UnsafeMutablePointer<Float>?, _ capacity: Int, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(model, "model", as: ModelHandle.self)
    try writeLogits(of: handle, tokens, tokenCount, into: logits, capacity: capacity, hooks: [])
  }
}

/// Computes the logits of every token under a call's hooks, into the caller's memory, which is checked first.
func writeLogits(
  of handle: ModelHandle, _ tokens: UnsafePointer<Int32>?, _ tokenCount: Int,
  into logits: UnsafeMutablePointer<Float>?, capacity: Int, hooks: [Hook]
) throws(HoldfastError) {
  let tokens = try elements(tokens, tokenCount, "tokens")
  let configuration = handle.model.configuration
  guard !tokens.isEmpty else {
    throw HoldfastError(.invalidArgument, "`tokens` is empty; pass at least one token")
  }
  guard tokens.count <= configuration.contextLength else {
    throw HoldfastError(
      .contextLength,
      "\(tokens.count) tokens do not fit the model's context of \(configuration.contextLength); shorten the sequence"
    )
  }
  let vocabulary = configuration.vocabularySize
  let (needed, overflow) = tokens.count.multipliedReportingOverflow(by: vocabulary)
  guard let logits else {
    throw HoldfastError(.invalidArgument, "`logits` is NULL; pass room for \(needed) floats")
  }
  // A capacity beyond Int.max arrives negative; no such memory exists, so it is a mistake.
  guard !overflow, capacity >= needed else {
    throw HoldfastError(
      .invalidArgument,
      "`capacity` is \(UInt(bitPattern: capacity)) floats; \(tokens.count) tokens x \(vocabulary) logits need \(needed)"
    )
  }
  guard UInt(bitPattern: logits) % UInt(MemoryLayout<Float>.alignment) == 0 else {
    throw HoldfastError(
      .invalidArgument, "`logits` is not aligned to \(MemoryLayout<Float>.alignment) bytes")
  }
  let result = try handle.sessions.use { session throws(HoldfastError) in
    try session.logits([Segment(tokens, outputs: .all)], hooks: hooks)
  }
  logits.update(from: result.pointer, count: min(result.count, needed))
}

extension Model {
  /// Configuration, origin and size.
  fileprivate var infoJSON: JSON {
    [
      "configuration": configuration.huggingFace,
      "provenance": ["path": .text(provenance.path), "format": .text(provenance.format)],
      "parameters": [
        "tensors": .int(parameterNames.count), "elements": .int(weights.parameterCount),
        "tuned": .bool(parameters != nil),
      ],
      "tokenizer": tokenizer.infoJSON,
    ]
  }
}
