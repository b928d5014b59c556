import Glibc
import Holdfast

/// Shows progress on standard error: one line that rewrites itself on a terminal, plain lines at growing intervals
/// elsewhere.
final class ProgressPrinter {
  private let terminal = Console.isTerminal
  private let quiet: Bool
  private var stage = ""
  private var stageStart = 0.0
  private var stageDone = 0
  private var lastPrint = 0.0
  private var last: Progress?
  private var open = false

  /// Makes a printer; a quiet one only looks for interruptions.
  init(quiet: Bool = false) { self.quiet = quiet }

  /// The handler to hand to the engine; it cancels once the user has interrupted.
  var handler: ProgressHandler {
    { progress in
      self.report(progress)
      return !Interruption.requested
    }
  }

  /// Ends the line in progress, so that other text can follow.
  func finish() {
    guard !quiet else { return }
    if let last, last.done < last.total || !terminal, last.done != printedDone { show(last, at: Self.now()) }
    if open { Console.write("\n", to: STDERR_FILENO) }
    open = false
    last = nil
  }

  private var printedDone = -1

  private func report(_ progress: Progress) {
    guard !quiet else { return }
    let now = Self.now()
    if progress.stage != stage {
      finish()
      stage = progress.stage
      stageStart = now
      stageDone = progress.done
      lastPrint = 0
      printedDone = -1
    }
    last = progress
    let complete = progress.total > 0 && progress.done >= progress.total
    let interval = terminal ? 0.1 : (now - stageStart < 20 ? 5.0 : 15.0)
    guard now - lastPrint >= interval || (complete && progress.done != printedDone) else { return }
    show(progress, at: now)
  }

  private func show(_ progress: Progress, at now: Double) {
    lastPrint = now
    printedDone = progress.done
    let line = describe(progress, elapsed: now - stageStart)
    if terminal {
      let clipped = String(line.prefix(Console.width - 1))
      Console.write("\r\u{1B}[K" + clipped, to: STDERR_FILENO)
      open = true
    } else {
      Console.note(line)
    }
  }

  private func describe(_ progress: Progress, elapsed: Double) -> String {
    var parts = [progress.stage]
    let unit = progress.unit
    parts.append(
      progress.total > 0 ? "\(progress.done)/\(progress.total) \(unit)" : "\(progress.done) \(unit)")
    let worked = progress.done - stageDone
    if elapsed > 0.5, worked > 0 {
      let rate = Double(worked) / elapsed
      parts.append(rate >= 1 ? "\(Text.decimal(rate, 1)) \(unit)/s" : "\(Text.decimal(1 / rate, 1)) s each")
      if progress.total > progress.done {
        parts.append("\(Text.duration(Double(progress.total - progress.done) / rate)) left")
      } else if progress.total > 0 {
        parts.append("took \(Text.duration(elapsed))")
      }
    }
    if !progress.detail.isEmpty { parts.append(progress.detail) }
    return parts.joined(separator: "  ")
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
