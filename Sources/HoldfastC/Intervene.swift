// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/intervene.h.
public import CHoldfast
import Holdfast

@c @implementation
public func holdfast_model_intervene(
  _ model: OpaquePointer?, _ interventions: UnsafePointer<CChar>?,
  _ intervened: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(intervened, "intervened")
    let handle = try handle(model, "model", as: ModelHandle.self)
    let list = try Interventions.parse(try textArgument(interventions, "interventions"))
    try output.set(ModelHandle(try handle.model.with(list)))
  }
}

@c @implementation
public func holdfast_model_logits_with(
  _ model: OpaquePointer?, _ tokens: UnsafePointer<Int32>?, _ tokenCount: Int,
  _ sites: UnsafePointer<UnsafePointer<CChar>?>?, _ siteCount: Int, _ function: holdfast_site_function?,
  _ userData: UnsafeMutableRawPointer?, _ logits: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let handle = try handle(model, "model", as: ModelHandle.self)
    let names = try elements(sites, siteCount, "sites", limit: 65536)
    guard !names.isEmpty else { throw HoldfastError(.invalidArgument, "`sites` is empty; name at least one") }
    var wanted: Set<Site> = []
    for (index, name) in names.enumerated() {
      let pattern = try textArgument(name, "sites[\(index)]")
      wanted.formUnion(try Site.matching(pattern, handle.model.configuration))
    }
    guard let function else {
      throw HoldfastError(.invalidArgument, "`function` is NULL; pass what is to be called at the sites")
    }
    let hook = Hook(wanted) { site, activation, _ throws(HoldfastError) in
      let shape = activation.shape.map { Int64($0) }
      let answer = site.name.withCString { name in
        shape.withUnsafeBufferPointer { shape in
          function(name, activation.pointer, shape.baseAddress, shape.count, userData)
        }
      }
      guard answer == 0 else {
        throw HoldfastError(.cancelled, "the function at the site \(site.name) ended the call with \(answer)")
      }
    }
    try writeLogits(
      of: handle, tokens, tokenCount, into: logits, capacity: capacity, hooks: [hook])
  }
}

@c @implementation
public func holdfast_analyze(
  _ model: OpaquePointer?, _ tuned: OpaquePointer?, _ second: OpaquePointer?, _ questions: OpaquePointer?,
  _ demonstrations: OpaquePointer?, _ request: UnsafePointer<CChar>?,
  _ progress: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?,
  _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(json, "json", empty: nil)
    let handle = try handle(model, "model", as: ModelHandle.self)
    let tuned = try optionalHandle(tuned, "tuned", as: ModelHandle.self)
    let second = try optionalHandle(second, "second", as: ModelHandle.self)
    let asked = try optionalHandle(questions, "questions", as: QuestionsHandle.self)
    let shown = try optionalHandle(demonstrations, "demonstrations", as: QuestionsHandle.self)
    let request = try AnalysisRequest.parse(try textArgument(request, "request"))
    let result = try request.run(
      AnalysisRequest.Subjects(
        handle.model, tuned: tuned?.model, second: second?.model, questions: asked?.questions,
        demonstrations: shown?.questions), progress: progressHandler(progress, userData))
    output.set(try allocateString(result.text()))
  }
}
