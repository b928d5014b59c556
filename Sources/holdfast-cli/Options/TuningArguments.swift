import ArgumentParser
import Holdfast

/// How to tune.
struct TuningArguments: ParsableArguments {
  @Option(name: .long, help: "The conversation template: \(Templates.known).")
  var template = TuningOptions().template

  @Option(name: .long, help: "Examples in one optimiser step.")
  var batchSize = TuningOptions().batchSize

  @Option(
    name: .long,
    help: "Examples computed together (0: as many as --micro-batch-tokens allows); never changes the result.")
  var microBatchSize = TuningOptions().microBatchSize

  @Option(name: .long, help: "Tokens computed together; bounds memory, never changes the result.")
  var microBatchTokens = TuningOptions().microBatchTokens

  @Option(name: .long, help: "Optimiser steps in all (0: as many as --epochs has).")
  var maxSteps = TuningOptions().maxSteps

  @Option(name: .long, help: "Passes over the data; may be a fraction.")
  var epochs = TuningOptions().epochs

  @Option(name: .long, help: "The highest learning rate.")
  var learningRate = TuningOptions().learningRate

  @Option(name: .long, help: "How the learning rate goes on after the warm-up.")
  var schedule = TuningOptions().schedule

  @Option(name: .long, help: "The share of all steps over which the learning rate rises from 0.")
  var warmupRatio = TuningOptions().warmupRatio

  @Option(name: .long, help: "AdamW's decoupled weight decay.")
  var weightDecay = TuningOptions().weightDecay

  @Option(name: .long, help: "The L2 norm that gradients are scaled down to (0: never).")
  var clipNorm = TuningOptions().clipNorm

  @Option(name: .long, help: "The seed of the order of the examples.")
  var seed = TuningOptions().seed

  @Flag(name: .long, inversion: .prefixedNo, help: "A new order of the examples in each epoch.")
  var shuffle = true

  @Option(name: .long, help: "The most tokens of one example (0: the model's context).")
  var maxLength = TuningOptions().maxLength

  @Option(name: .long, help: "Whether an example starts with the beginning-of-sequence token.")
  var bos = TuningOptions().bosPolicy

  @Option(
    name: .long, help: "Tune a LoRA adapter of this rank and leave the parameters as they are (0: tune them)."
  )
  var loraRank = TuningOptions().loraRank

  @Option(name: .long, help: "LoRA's alpha; the adapter counts alpha / rank times.")
  var loraAlpha = TuningOptions().loraAlpha

  @Option(name: .long, help: "The probability with which an input of the adapter is dropped.")
  var loraDropout = TuningOptions().loraDropout

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The modules that get an adapter, separated by commas: q_proj,v_proj, or all-linear for every projection but the "
        + "output's.", valueName: "modules"))
  var loraTargetModules = TuningOptions().loraTargetModules.joined(separator: ",")

  @Flag(name: .customLong("use-rslora"), help: "Let the adapter count alpha / √rank times.")
  var useRSLoRA = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What a nat of KL(base ‖ tuned) costs, the mean over the learnt tokens beside their cross-entropy: keeps the model "
        + "close to what it was (0: nothing).", valueName: "beta"))
  var klWeight = TuningOptions().klWeight

  @Option(
    name: .long,
    help: "How the optimiser's moments are held; bfloat16 takes half their memory, and gives other results.")
  var momentPrecision = TuningOptions().momentPrecision

  @Flag(
    name: .long,
    help:
      "Compute a block's activations again instead of keeping them: less memory, more time, the same result.")
  var recompute = false

  /// The engine's options, checked.
  func options() throws(HoldfastError) -> TuningOptions {
    var options = TuningOptions()
    options.template = template
    options.batchSize = batchSize
    options.microBatchSize = microBatchSize
    options.microBatchTokens = microBatchTokens
    options.maxSteps = maxSteps
    options.epochs = epochs
    options.learningRate = learningRate
    options.schedule = schedule
    options.warmupRatio = warmupRatio
    options.weightDecay = weightDecay
    options.clipNorm = clipNorm
    options.seed = seed
    options.shuffle = shuffle
    options.maxLength = maxLength
    options.bosPolicy = bos
    options.loraRank = loraRank
    options.loraAlpha = loraAlpha
    options.loraDropout = loraDropout
    options.loraTargetModules = loraTargetModules.utf8.split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false
    ).map { String(Substring($0)) }
    options.useRSLoRA = useRSLoRA
    options.klWeight = klWeight
    options.momentPrecision = momentPrecision
    options.recompute = recompute
    try options.validate()
    return options
  }
}
