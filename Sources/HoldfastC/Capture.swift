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
public func holdfast_activations_tensor(
  _ activations: OpaquePointer?, _ index: Int, _ tensor: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  makeTensor(tensor, "tensor", error) { () throws(HoldfastError) in
    let handle = try handle(activations, "activations", as: ActivationsHandle.self)
    guard let tensor = handle.tensor(index) else {
      throw HoldfastError(
        .invalidArgument,
        "`index` is \(UInt(bitPattern: index)); there are \(handle.tensors.count) sites, counted from 0")
    }
    return NDArray(tensor)
  }
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
