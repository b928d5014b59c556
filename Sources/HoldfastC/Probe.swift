// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/probe.h.
public import CHoldfast
import Holdfast

extension holdfast_probe_options: Options {
  static var type: String { "holdfast_probe_options" }
  static var sizes: [Int] { [72] }

  // In the order of the enumerations of C.
  private static let kinds: [ProbeKind] = [.letter, .cloze]
  private static let modes: [Mode] = [.default, .paper]
  private static let normalizations: [Normalization] = [.raw, .perToken, .perCharacter, .pmi]
  private static let wordings: [Wording] = [.standard, .short, .unlabelled, .sentence, .request]

  static var defaults: holdfast_probe_options {
    let options = ProbeOptions()
    return holdfast_probe_options(
      struct_size: UInt32(MemoryLayout<Self>.size), probe: index(options.probe, in: kinds),
      mode: index(options.mode, in: modes), bos: index(options.bos, in: bosPolicies),
      shots: Int32(clamping: options.shots), batch_size: Int32(clamping: options.batchSize),
      normalization: index(options.normalization, in: normalizations),
      wording: index(options.wording, in: wordings), rotation: Int32(clamping: options.rotation),
      bfloat16_logits: options.bfloat16Logits ? 1 : 0, seed: options.seed,
      limit: UInt64(clamping: options.limit ?? 0), domain: nil, template_name: nil)
  }

  /// The options as the engine takes them.
  func resolved() throws(HoldfastError) -> ProbeOptions {
    var options = ProbeOptions()
    options.probe = try choice(probe, "probe", Self.kinds)
    options.mode = try choice(mode, "mode", Self.modes)
    options.bos = try choice(bos, "bos", bosPolicies)
    options.shots = Int(try number(shots, "shots", in: 0...1000))
    options.batchSize = Int(try number(batch_size, "batch_size", in: 1...65536))
    options.normalization = try choice(normalization, "normalization", Self.normalizations)
    options.wording = try choice(wording, "wording", Self.wordings)
    options.rotation = Int(try number(rotation, "rotation", in: 0...Int32(Question.choiceLimit - 1)))
    options.bfloat16Logits = try flag(bfloat16_logits, "bfloat16_logits")
    options.seed = seed
    options.limit = limit == 0 ? nil : try count(limit, "limit")
    options.domain = try optionalTextArgument(domain, "domain")
    options.template = try optionalTextArgument(template_name, "template_name")
    try options.validate()
    return options
  }
}

@c @implementation
public func holdfast_probe_options_init(
  _ options: UnsafeMutablePointer<holdfast_probe_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_probe(
  _ model: OpaquePointer?, _ questions: OpaquePointer?, _ demonstrations: OpaquePointer?,
  _ options: UnsafePointer<holdfast_probe_options>?, _ progress: holdfast_progress_function?,
  _ userData: UnsafeMutableRawPointer?, _ ledger: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    let output = try Output(ledger, "ledger")
    let model = try handle(model, "model", as: ModelHandle.self)
    let questions = try handle(questions, "questions", as: QuestionsHandle.self)
    let shown = try optionalHandle(demonstrations, "demonstrations", as: QuestionsHandle.self)
    let result = try Probe.run(
      model.model, questions.questions, demonstrations: shown?.questions,
      options: try readOptions(options).resolved(), progress: progressHandler(progress, userData))
    try output.set(LedgerHandle(result))
  }
}
