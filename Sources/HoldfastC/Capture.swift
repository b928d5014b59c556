// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/capture.h.
public import CHoldfast
import Holdfast

/// Logits and activations with their names and shapes in C memory.
final class ActivationsHandle: Handle, @unchecked Sendable {
  override class var type: String { "holdfast_activations" }
  let logits: Tensor
  let tensors: [Tensor]
  let names: CStrings
  private let extents: CArray<Int64>
  private let starts: [Int]

  init(logits: Tensor, _ activations: Activations) throws(HoldfastError) {
    self.logits = logits
    tensors = activations.sites.compactMap { activations[$0] }
    names = try CStrings(activations.sites.map(\.name))
    var all: [Int64] = []
    var starts: [Int] = []
    for tensor in tensors {
      starts.append(all.count)
      all += tensor.shape.map { Int64($0) }
    }
    extents = try CArray(all)
    self.starts = starts
  }

  func tensor(_ index: Int) -> Tensor? { tensors.indices.contains(index) ? tensors[index] : nil }

  func shape(_ index: Int) -> UnsafePointer<Int64>? {
    starts.indices.contains(index) ? extents.pointer(at: starts[index]) : nil
  }
}

@c @implementation
public func holdfast_model_run_with_cache(
  _ model: OpaquePointer?, _ tokens: UnsafePointer<Int32>?, _ count: Int,
  _ sites: UnsafePointer<UnsafePointer<CChar>?>?, _ siteCount: Int,
  _ activations: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(activations, "activations")
    let handle = try handle(model, "model", as: ModelHandle.self)
    let tokens = try elements(tokens, count, "tokens")
    guard !tokens.isEmpty else {
      throw HoldfastError(.invalidArgument, "`tokens` is empty; pass at least one token")
    }
    let configuration = handle.model.configuration
    var wanted: Set<Site> = []
    let patterns = try elements(sites, siteCount, "sites", limit: 1 << 16)
    for pattern in patterns {
      wanted.formUnion(try Site.matching(try textArgument(pattern, "sites"), configuration))
    }
    let chosen = Site.all(configuration).filter { patterns.isEmpty || wanted.contains($0) }
    let result = try handle.sessions.use { session throws(HoldfastError) in
      try session.logitsAndActivations([Segment(tokens, outputs: .all)], sites: chosen)
    }
    try output.set(ActivationsHandle(logits: result.logits, result.activations))
  }
}

@c @implementation
public func holdfast_activations_free(_ activations: OpaquePointer?) {
  HandleTable.remove(activations, ActivationsHandle.self)
}

@c @implementation
public func holdfast_activations_logits(
  _ activations: OpaquePointer?, _ rows: UnsafeMutablePointer<Int>?, _ columns: UnsafeMutablePointer<Int>?
) -> UnsafePointer<Float>? {
  let logits = known(activations, as: ActivationsHandle.self)?.logits
  rows?.pointee = logits?.shape[0] ?? 0
  columns?.pointee = logits?.columns ?? 0
  return logits.map { UnsafePointer($0.pointer) }
}

@c @implementation
public func holdfast_activations_count(_ activations: OpaquePointer?) -> Int {
  known(activations, as: ActivationsHandle.self)?.tensors.count ?? 0
}

@c @implementation
public func holdfast_activations_name(_ activations: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  known(activations, as: ActivationsHandle.self)?.names[index]
}

@c @implementation
public func holdfast_activations_shape(
  _ activations: OpaquePointer?, _ index: Int, _ rank: UnsafeMutablePointer<Int>?
) -> UnsafePointer<Int64>? {
  rank?.pointee = 0
  guard let handle = known(activations, as: ActivationsHandle.self), let tensor = handle.tensor(index) else {
    return nil
  }
  rank?.pointee = tensor.shape.count
  return handle.shape(index)
}

@c @implementation
public func holdfast_activations_data(_ activations: OpaquePointer?, _ index: Int) -> UnsafePointer<Float>? {
  known(activations, as: ActivationsHandle.self)?.tensor(index).map { UnsafePointer($0.pointer) }
}

@c @implementation
public func holdfast_activations_to_dlpack(
  _ activations: OpaquePointer?, _ index: Int, _ managed: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(managed, "managed", empty: nil)
    let handle = try handle(activations, "activations", as: ActivationsHandle.self)
    guard let tensor = handle.tensor(index), let shape = handle.shape(index) else {
      throw HoldfastError(
        .invalidArgument,
        "`index` is \(UInt(bitPattern: index)); there are \(handle.tensors.count) sites, counted from 0")
    }
    output.set(try lend(tensor, shape, owner: handle))
  }
}

/// A `DLManagedTensor` over memory that `owner` keeps alive.
///
/// Source: DLPack's C API; the structure as it was before version 1.
private func lend(_ tensor: Tensor, _ shape: UnsafePointer<Int64>, owner: ActivationsHandle)
  throws(HoldfastError) -> UnsafeMutableRawPointer
{
  let deleter: @convention(c) (UnsafeMutableRawPointer?) -> Void = { structure in
    guard let structure else { return }
    let owner = structure.load(fromByteOffset: 48, as: UnsafeMutableRawPointer.self)
    Unmanaged<ActivationsHandle>.fromOpaque(owner).release()
    holdfast_array_free(structure)
  }
  let structure = UnsafeMutableRawPointer(try allocateArray([UInt64](repeating: 0, count: 8)))
  structure.storeBytes(of: UnsafeMutableRawPointer(tensor.pointer), as: UnsafeMutableRawPointer.self)
  structure.storeBytes(of: 1, toByteOffset: 8, as: Int32.self)  // device: the CPU, number 0
  structure.storeBytes(of: Int32(clamping: tensor.shape.count), toByteOffset: 16, as: Int32.self)
  structure.storeBytes(of: 2, toByteOffset: 20, as: UInt8.self)  // type: a float of 32 bits, one lane
  structure.storeBytes(of: 32, toByteOffset: 21, as: UInt8.self)
  structure.storeBytes(of: 1, toByteOffset: 22, as: UInt16.self)
  structure.storeBytes(
    of: UnsafeMutableRawPointer(mutating: shape), toByteOffset: 24, as: UnsafeMutableRawPointer.self)
  // No strides (at 32): row-major without gaps. No offset (at 40).
  structure.storeBytes(
    of: Unmanaged.passRetained(owner).toOpaque(), toByteOffset: 48, as: UnsafeMutableRawPointer.self)
  structure.storeBytes(
    of: deleter, toByteOffset: 56, as: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)
  return structure
}

@c @implementation
public func holdfast_capture(
  _ model: OpaquePointer?, _ questions: OpaquePointer?, _ demonstrations: OpaquePointer?,
  _ options: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?, _ summary: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    summary?.pointee = nil
    let model = try handle(model, "model", as: ModelHandle.self)
    let asked = try optionalHandle(questions, "questions", as: QuestionsHandle.self)
    let shown = try optionalHandle(demonstrations, "demonstrations", as: QuestionsHandle.self)
    let text = try optionalTextArgument(options, "options") ?? "{}"
    let path = try pathArgument(path)
    let request = try captureRequest(text)
    let result = try request.run(
      model.model, asked?.questions, demonstrations: shown?.questions, to: path,
      progress: progressHandler(progress, userData))
    summary?.pointee = try allocateString(result.json.text())
  }
}

/// Options of a capture; whatever is wrong with them is the caller's mistake.
private func captureRequest(_ text: String) throws(HoldfastError) -> CaptureRequest {
  let json: JSON
  do throws(HoldfastError) { json = try JSON.parse(text, name: "options") } catch {
    throw HoldfastError(.invalidArgument, error.message)
  }
  return try CaptureRequest(JSONNode(json, document: "options"))
}
