// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/generate.h.
public import CHoldfast
import Holdfast

extension holdfast_generate_options: Options {
  static var type: String { "holdfast_generate_options" }
  static var sizes: [Int] { [48] }
  static var defaults: holdfast_generate_options {
    let options = SamplingOptions()
    return holdfast_generate_options(
      struct_size: UInt32(MemoryLayout<Self>.size), max_tokens: Int32(clamping: options.maxTokens),
      temperature: Double(options.temperature), top_p: Double(options.topP), seed: options.seed, stop: nil,
      stop_count: 0)
  }

  /// The options as the engine takes them.
  func resolved() throws(HoldfastError) -> SamplingOptions {
    var options = SamplingOptions()
    options.maxTokens = Int(try number(max_tokens, "max_tokens", in: 1...Int32.max))
    options.temperature = Float(try number(temperature, "temperature", in: 0...1e6))
    options.topP = Float(try number(top_p, "top_p", in: 0...1))
    options.seed = seed
    for (index, text) in try elements(stop, stop_count, "stop", limit: 1024).enumerated() {
      options.stop.append(try textArgument(text, "stop[\(index)]"))
    }
    try options.validate()
    return options
  }
}

/// A generation with its tokens and text in C memory.
final class GenerationHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_generation" }
  let tokens: CArray<Int32>
  let text: CStrings
  let textLength: Int
  let end: Generation.End

  init(_ generation: Generation) throws(HoldfastError) {
    tokens = try CArray(generation.tokens)
    text = try CStrings([generation.text])
    textLength = generation.text.utf8.count
    end = generation.end
  }
}

@c @implementation
public func holdfast_generate_options_init(
  _ options: UnsafeMutablePointer<holdfast_generate_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_model_generate(
  _ model: OpaquePointer?, _ prompt: UnsafePointer<Int32>?, _ promptCount: Int,
  _ options: UnsafePointer<holdfast_generate_options>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?, _ generation: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(generation, "generation")
    let handle = try handle(model, "model", as: ModelHandle.self)
    let prompt = try elements(prompt, promptCount, "prompt")
    let options = try readOptions(options).resolved()
    var pieces = 0
    let onText = progressHandler(progress, userData).map { handler in
      { (piece: String) -> Bool in
        pieces += 1
        return handler(Progress(stage: "generate", done: pieces, total: 0, unit: "pieces", detail: piece))
      }
    }
    let result = try handle.sessions.use { session throws(HoldfastError) in
      try session.generate(prompt, options: options, onText: onText)
    }
    try output.set(GenerationHandle(result))
  }
}

@c @implementation
public func holdfast_generation_free(_ generation: OpaquePointer?) {
  HandleTable.remove(generation, GenerationHandle.self)
}

@c @implementation
public func holdfast_generation_tokens(_ generation: OpaquePointer?, _ tokenCount: UnsafeMutablePointer<Int>?)
  -> UnsafePointer<Int32>?
{
  let handle = known(generation, as: GenerationHandle.self)
  tokenCount?.pointee = handle?.tokens.count ?? 0
  return handle?.tokens.pointer(at: 0)
}

@c @implementation
public func holdfast_generation_text(_ generation: OpaquePointer?, _ length: UnsafeMutablePointer<Int>?)
  -> UnsafePointer<CChar>?
{
  let handle = known(generation, as: GenerationHandle.self)
  length?.pointee = handle?.textLength ?? 0
  return handle?.text[0]
}

@c @implementation
public func holdfast_generation_end_reason(_ generation: OpaquePointer?) -> holdfast_generation_end {
  switch known(generation, as: GenerationHandle.self)?.end {
  case .endOfSequence: HOLDFAST_END_OF_SEQUENCE
  case .stop: HOLDFAST_END_STOP
  case .length, nil: HOLDFAST_END_LENGTH
  }
}
