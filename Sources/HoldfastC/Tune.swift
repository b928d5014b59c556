// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation, AlwaysUseLowerCamelCase
// The documentation is in include/holdfast/tune.h.
public import CHoldfast
import Holdfast

extension holdfast_tune_options: Options {
  static var type: String { "holdfast_tune_options" }
  static var sizes: [Int] { [152, 184, 192, 200] }

  // In the order of `holdfast_moment_precision`.
  private static let precisions: [MomentPrecision] = [.float32, .bfloat16]
  // In the order of `holdfast_schedule`.
  private static let schedules: [LearningRateSchedule] = [.constant, .cosine, .linear]

  static var defaults: holdfast_tune_options {
    let options = TuningOptions()
    return holdfast_tune_options(
      struct_size: UInt32(MemoryLayout<Self>.size), schedule: index(options.schedule, in: schedules),
      batch_size: Int32(clamping: options.batchSize),
      micro_batch_size: Int32(clamping: options.microBatchSize),
      max_steps: Int64(options.maxSteps), epochs: options.epochs, learning_rate: options.learningRate,
      warmup_ratio: options.warmupRatio, weight_decay: options.weightDecay, clip_norm: options.clipNorm,
      beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon, seed: options.seed,
      shuffle: options.shuffle ? 1 : 0, bos: index(options.bosPolicy, in: bosPolicies),
      max_length: Int64(options.maxLength), micro_batch_tokens: Int64(options.microBatchTokens),
      template_name: nil, checkpoint_path: nil, checkpoint_every: 0, resume: 0, reserved: 0,
      lora_rank: Int32(clamping: options.loraRank), use_rslora: options.useRSLoRA ? 1 : 0,
      lora_alpha: options.loraAlpha, lora_dropout: options.loraDropout, lora_target_modules: nil,
      kl_weight: options.klWeight, moment_precision: index(options.momentPrecision, in: precisions),
      recompute: options.recompute ? 1 : 0)
  }

  /// The options as the engine takes them, whose ranges it checks.
  func resolved() throws(HoldfastError) -> TuningOptions {
    var options = TuningOptions()
    options.schedule = try choice(schedule, "schedule", Self.schedules)
    options.batchSize = Int(batch_size)
    options.microBatchSize = Int(micro_batch_size)
    options.microBatchTokens = Int(micro_batch_tokens)
    options.maxSteps = Int(max_steps)
    options.epochs = epochs
    options.learningRate = learning_rate
    options.warmupRatio = warmup_ratio
    options.weightDecay = weight_decay
    options.clipNorm = clip_norm
    options.beta1 = beta1
    options.beta2 = beta2
    options.epsilon = epsilon
    options.seed = seed
    options.shuffle = try flag(shuffle, "shuffle")
    options.bosPolicy = try choice(bos, "bos", bosPolicies)
    options.maxLength = Int(max_length)
    if let name = try optionalTextArgument(template_name, "template_name") { options.template = name }
    options.loraRank = Int(lora_rank)
    options.useRSLoRA = try flag(use_rslora, "use_rslora")
    options.loraAlpha = lora_alpha
    options.loraDropout = lora_dropout
    options.klWeight = kl_weight
    options.momentPrecision = try choice(moment_precision, "moment_precision", Self.precisions)
    options.recompute = try flag(recompute, "recompute")
    if let modules = try optionalTextArgument(lora_target_modules, "lora_target_modules") {
      options.loraTargetModules = modules.utf8.split(
        separator: UInt8(ascii: ","), omittingEmptySubsequences: false
      ).map { String(Substring($0)) }
    }
    guard reserved == 0 else {
      throw HoldfastError(
        .invalidArgument, "`reserved` is \(reserved); fill the options with holdfast_tune_options_init")
    }
    try options.validate()
    return options
  }

  /// Where checkpoints go, and whether to go on from one.
  func checkpoints() throws(HoldfastError) -> (policy: CheckpointPolicy, resumes: Bool)? {
    let resumes = try flag(resume, "resume")
    let every = try number(checkpoint_every, "checkpoint_every", in: 0...1_000_000_000)
    guard let path = try optionalTextArgument(checkpoint_path, "checkpoint_path") else {
      guard !resumes, every == 0 else {
        throw HoldfastError(.invalidArgument, "`resume` and `checkpoint_every` need a `checkpoint_path`")
      }
      return nil
    }
    guard !path.isEmpty else {
      throw HoldfastError(.invalidArgument, "`checkpoint_path` is empty; pass a path or NULL")
    }
    return (CheckpointPolicy(path: path, everySteps: Int(every)), resumes)
  }
}

@c @implementation
public func holdfast_tune_options_init(
  _ options: UnsafeMutablePointer<holdfast_tune_options>?, _ size: UInt32
) {
  initialize(options, size)
}

@c @implementation
public func holdfast_tune(
  _ model: OpaquePointer?, _ instructions: OpaquePointer?, _ options: UnsafePointer<holdfast_tune_options>?,
  _ progress: holdfast_progress_function?, _ userData: UnsafeMutableRawPointer?,
  _ tuned: UnsafeMutablePointer<OpaquePointer?>?,
  _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> holdfast_status {
  call(error) { () throws(HoldfastError) in
    report?.pointee = nil
    let output = try Output(tuned, "tuned")
    let model = try handle(model, "model", as: ModelHandle.self).model
    let data = try handle(instructions, "instructions", as: InstructionsHandle.self)
    let structure = try readOptions(options)
    let settings = try structure.resolved()
    let checkpoints = try structure.checkpoints()
    let examples = try data.instructions.examples(for: model, options: settings)
    let trainer: Trainer
    if let checkpoints, checkpoints.resumes, FileSystem.exists(checkpoints.policy.path) {
      trainer = try Trainer(
        resuming: checkpoints.policy.path, examples: examples, options: settings, base: model)
    } else {
      trainer = try Trainer(model: model, examples: examples, options: settings)
    }
    let result = try trainer.run(
      checkpoints: checkpoints?.policy, progress: progressHandler(progress, userData))
    let text = report == nil ? nil : try allocateString(result.json.text())
    do throws(HoldfastError) {
      try output.set(ModelHandle(result.model))
    } catch {
      holdfast_string_free(text)
      throw error
    }
    report?.pointee = text
  }
}
