import HoldfastModel
import HoldfastStorage
import HoldfastTensor
import HoldfastTuning

/// Asks a model in training now and then, and says when to stop.
///
/// It looks at the trainer's model between two steps, when its parameters are those of the last one; so what is measured
/// does not change what is trained. The curve is on disk before the next step.
final class DriftMonitor {
  let options: DriftOptions
  private let baseline: Ledger
  private let questions: QuestionSet
  private let demonstrations: QuestionSet?
  private let curve: String
  /// Where the best weights lie.
  let kept: String
  private(set) var points: [DriftPoint] = []
  /// What went wrong while measuring; the trainer only learns that it is to stop.
  private(set) var failure: HoldfastError?

  /// Goes on with what a directory holds of the steps taken so far.
  init(
    _ options: DriftOptions, baseline: Ledger, questions: QuestionSet, demonstrations: QuestionSet?,
    directory: Stage, steps: Int
  ) throws(HoldfastError) {
    self.options = options
    self.baseline = baseline
    self.questions = questions
    self.demonstrations = demonstrations
    curve = directory.file("drift.json")
    kept = directory.file("best.h5")
    guard steps > 0, FileSystem.exists(curve) else { return }
    let node = JSONNode(try JSON.read(curve), document: curve)
    for element in try node.elements() {
      let point = try DriftPoint(element)
      if point.step <= steps { points.append(point) }
    }
  }

  /// Whether the last measurement fell below the bound.
  var hasStopped: Bool {
    guard let bound = options.stopBelow, let last = points.last else { return false }
    return last.consistency < bound
  }

  /// The point whose weights are kept; `nil` for the last step's.
  var best: DriftPoint? {
    guard options.keep == .best else { return nil }
    var best: DriftPoint?
    for point in points where point.consistency >= options.stopBelow ?? -.infinity {
      if best.map({ point.isBetter(than: $0) }) ?? true { best = point }
    }
    return best
  }

  /// Measures if it is time to; false when training is to stop.
  func observe(_ trainer: Trainer) -> Bool {
    let step = trainer.completedSteps
    let isDue = step > 0 && (step.isMultiple(of: options.every) || step == trainer.totalSteps)
    guard isDue, points.last.map({ $0.step < step }) ?? true else { return !hasStopped }
    do throws(HoldfastError) {
      // A model packs its parameters once, for its first session: what goes on changing is asked as a model of its own.
      let snapshot = trainer.model.with(trainer.model.provenance)
      let now = try Probe.run(
        snapshot, questions, demonstrations: demonstrations, options: baseline.settings.options)
      points.append(
        try DriftPoint(step: step, before: baseline, now: now, mode: baseline.settings.options.mode))
      if best?.step == step { try trainer.result.save(to: kept) }
      try AtomicFile.write(JSON.array(points.map(\.json)).serialized(), to: curve)
    } catch {
      failure = error
      return false
    }
    return !hasStopped
  }
}
