import Holdfast

extension Workload {
  /// Steps of full fine-tuning.
  static let fullTuning = Workload(
    name: "tune", title: "full fine-tuning, 8 rows of 285 tokens", unit: .tokens,
    yardstick: .products(rows: 1024)
  ) { subject throws(HoldfastError) in try steps(subject, rank: 0) }

  /// Steps of LoRA.
  static let lora = Workload(
    name: "lora", title: "LoRA of rank 16 on every projection, the same rows", unit: .tokens,
    yardstick: .products(rows: 1024)
  ) { subject throws(HoldfastError) in try steps(subject, rank: 16) }

  private static func options(rank: Int) -> TuningOptions {
    var options = TuningOptions()
    options.batchSize = 8
    options.maxSteps = 1 << 20
    options.schedule = .constant
    options.warmupRatio = 0
    options.shuffle = false
    options.loraRank = rank
    return options
  }

  private static func steps(_ subject: BenchSubject, rank: Int) throws(HoldfastError) -> Timed {
    let examples = try subject.examples()
    let trainer = try Trainer(model: subject.model, examples: examples, options: options(rank: rank))
    // The first step is slower: memory is fresh.
    _ = try trainer.step()
    let tokens = Double(examples.reduce(0) { $0 + $1.tokens.count })
    let needed = trainer.cost(ofStep: 1)
    return { () throws(HoldfastError) in
      try timed(tokens, needed: needed) { () throws(HoldfastError) in _ = try trainer.step() }
    }
  }

  /// Writing weights and moments.
  static let checkpointWrite = Workload(
    name: "checkpoint-write", title: "checkpoint of parameters and two moments, written and synced",
    unit: .bytes, yardstick: .disk
  ) { subject throws(HoldfastError) in
    let trainer = try Trainer(
      model: subject.model, examples: try subject.examples(), options: options(rank: 0))
    _ = try trainer.step()
    let path = subject.folder + "/checkpoint.h5"
    return { () throws(HoldfastError) in
      var sample = try timed(0) { () throws(HoldfastError) in try trainer.checkpoint(to: path) }
      let bytes = Double(try FileSystem.size(path))
      sample.amount = bytes / 1e6
      sample.needed = bytes
      try FileSystem.remove(path)
      // A checkpoint without a new step would be left as it is.
      _ = try trainer.step()
      return sample
    }
  }

  /// Reading weights and moments.
  static let checkpointRead = Workload(
    name: "checkpoint-read", title: "the same checkpoint, read from the system's cache", unit: .bytes,
    yardstick: .none
  ) { subject throws(HoldfastError) in
    let examples = try subject.examples()
    let path = subject.folder + "/checkpoint.h5"
    let trainer = try Trainer(model: subject.model, examples: examples, options: options(rank: 0))
    _ = try trainer.step()
    try trainer.checkpoint(to: path)
    let bytes = Double(try FileSystem.size(path))
    return { () throws(HoldfastError) in
      try timed(bytes / 1e6) { () throws(HoldfastError) in
        _ = try Trainer(resuming: path, examples: examples, options: options(rank: 0), base: subject.model)
      }
    }
  }
}
