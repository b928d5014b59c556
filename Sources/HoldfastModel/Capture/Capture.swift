import Glibc
public import HoldfastStorage
public import HoldfastTensor

/// Writes activations of many texts to an HDF5 file.
public enum Capture {
  /// The format of activation files.
  public static var format: FileFormat { CaptureFile.format }

  /// A segment is sealed after so many seconds, or bytes.
  private static let sealSeconds = 60.0
  private static let sealBytes = 1 << 30

  /// Captures activations at sites of a model, item by item.
  ///
  /// The file has a dataset for each kind of site over the axes item, layer, position and what a token has there. It grows as
  /// sealed segments in `PATH.segments`, each a valid file; after an interruption the same call goes on behind the last one,
  /// and a finished file is left as it is. The numbers are those of `Session.logitsAndActivations`, for any batch size,
  /// memory and number of threads.
  ///
  /// - Parameters:
  ///   - source: what the items were made of, kept in the file as it is.
  /// - Throws: `invalidArgument` for options that do not fit the model or the items, or when `PATH.segments` belongs to another
  ///   capture; `contextLength` naming the item; `io`; `cancelled`, with what was computed sealed.
  public static func run(
    _ model: Model, _ items: [CaptureItem], options: CaptureOptions = CaptureOptions(), to path: String,
    source: JSON = [:], progress: ProgressHandler? = nil
  ) throws(HoldfastError) -> CaptureSummary {
    let plan = try CapturePlan(items, options: options, model)
    let identity = try CaptureIdentity(plan, model, source: source)
    let start = now()
    var summary = CaptureSummary(path: path, items: items.count, sites: plan.sites.count)
    if CaptureStore.isFinished(path, identity) {
      summary.resumed = items.count
    } else {
      let store = try CaptureStore(plan, identity: identity, tokenizer: model.tokenizer, path: path)
      do throws(HoldfastError) {
        var done = try store.resume()
        summary.resumed = done
        try plan.checkSpace(for: done..<items.count, path)
        if done < items.count {
          var run = try CaptureRun(plan, model)
          summary.tokens = plan.shared.count
          while done < items.count { done = try run.segment(from: done, store, progress, &summary) }
        }
        summary.overflows = try store.finish(progress)
      } catch {
        store.removeIfEmpty()
        throw error
      }
    }
    summary.bytes = try FileSystem.size(path)
    summary.seconds = now() - start
    return summary
  }

  /// Whether a segment that was begun at that time and holds so much is sealed.
  fileprivate static func isFull(_ plan: CapturePlan, items: Int, bytes: Int, since start: Double) -> Bool {
    if plan.options.segmentItems > 0 { return items >= plan.options.segmentItems }
    return now() - start >= sealSeconds || bytes >= sealBytes
  }

  fileprivate static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A capture under way.
private struct CaptureRun {
  let plan: CapturePlan
  let session: Session
  let stage: CaptureStage
  let cache: KeyValueCache?

  init(_ plan: CapturePlan, _ model: Model) throws(HoldfastError) {
    self.plan = plan
    session = try model.makeSession()
    stage = CaptureStage(plan)
    cache = plan.shared.isEmpty ? nil : try session.prefix(plan.shared)
  }

  /// Computes and seals the next segment, and returns where the one after it begins.
  ///
  /// Whatever stops the work, what was computed until then is sealed first.
  mutating func segment(
    from first: Int, _ store: CaptureStore, _ progress: ProgressHandler?, _ summary: inout CaptureSummary
  ) throws(HoldfastError) -> Int {
    let start = Capture.now()
    let before = stage.overflows
    var done = first
    var bytes = 0
    var stop: HoldfastError?
    try report(done, progress)
    let hook = stage.hook
    try store.seal(from: first) { file throws(HoldfastError) in
      repeat {
        do throws(HoldfastError) {
          if done > first { try report(done, progress) }
          try compute(from: done, limit: limit(from: first), hook, &summary)
        } catch {
          guard done > first else { throw error }
          stop = error
          break
        }
        let began = Capture.now()
        try file.append(stage)
        done = stage.items.upperBound
        bytes += stage.items.reduce(0) { $0 + plan.bytes(of: $1) }
        summary.writeSeconds += Capture.now() - began
      } while done < plan.items.count
        && !Capture.isFull(plan, items: done - first, bytes: bytes, since: start)
      try file.note(overflows: stage.overflows - before)
    }
    if let stop { throw stop }
    if done == plan.items.count { try report(done, progress) }
    return done
  }

  private func limit(from first: Int) -> Int {
    let most = plan.options.segmentItems
    return most > 0 ? min(first + most, plan.items.count) : plan.items.count
  }

  private func report(_ done: Int, _ progress: ProgressHandler?) throws(HoldfastError) {
    try Progress(stage: "capture", done: done, total: plan.items.count, unit: "items").report(to: progress)
  }

  /// Fills the stage with the next batch.
  private func compute(
    from start: Int, limit: Int, _ hook: Hook, _ summary: inout CaptureSummary
  ) throws(HoldfastError) {
    let began = Capture.now()
    let items = plan.batch(from: start, limit: limit)
    let segments = try stage.prepare(items, behind: cache)
    _ = try session.logits(segments, hooks: [hook])
    summary.tokens += segments.reduce(0) { $0 + $1.tokens.count }
    summary.computeSeconds += Capture.now() - began
  }
}

extension CapturePlan {
  /// Throws `io` when the disk has less room than the numbers of some items take.
  func checkSpace(for items: Range<Int>, _ path: String) throws(HoldfastError) {
    let needed = items.reduce(0) { $0 + bytes(of: $1) }
    let free = try FileSystem.freeSpace(at: path + ".segments")
    guard needed <= free else {
      throw HoldfastError(
        .io,
        "\(path): the activations take \(needed >> 20) MiB and the disk has \(free >> 20) MiB; capture less or write elsewhere"
      )
    }
  }
}
