import Glibc

/// How the learning rate changes over the steps of a run.
///
/// Source: `get_constant_schedule_with_warmup`, `get_cosine_schedule_with_warmup` (half a period) and
/// `get_linear_schedule_with_warmup` of Hugging Face transformers.
public enum LearningRateSchedule: String, Sendable, CaseIterable {
  /// It stays at its highest after the warm-up.
  case constant
  /// It falls along half a cosine to 0 after the warm-up.
  case cosine
  /// It falls on a line to 0 after the warm-up.
  case linear

  /// The share of the highest learning rate that a step uses.
  ///
  /// With a warm-up the first step has the share 0, as in transformers.
  ///
  /// - Parameters:
  ///   - step: steps taken before this one.
  ///   - total: steps of the whole run.
  ///   - warmup: the first steps, over which the share rises from 0 to 1.
  public func share(step: Int, total: Int, warmup: Int) -> Double {
    if step < warmup { return Double(step) / Double(max(1, warmup)) }
    let rest = Double(max(1, total - warmup))
    return switch self {
    case .constant: 1
    case .cosine: max(0, 0.5 * (1 + cos(Double.pi * (Double(step - warmup) / rest))))
    case .linear: max(0, Double(total - step) / rest)
    }
  }
}
