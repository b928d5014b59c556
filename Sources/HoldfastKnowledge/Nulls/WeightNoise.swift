import Glibc
import HoldfastModel
public import HoldfastStorage
import HoldfastTensor

/// Random noise on a model's weights, as strong as it takes to change its answers as much as tuning did.
///
/// Whatever damages a model lowers both its consistency and its accuracy, so the two go together without any knowledge
/// being involved. Models damaged blindly, to the same KL(before‖after), show how much of a correlation, or of a loss of
/// accuracy, that explains.
public struct WeightNoise: Sendable, Equatable {
  /// The seed; every group's noise is a draw of its own.
  public var seed: UInt64 = 42
  /// Questions of the first role on which the divergences are matched.
  public var limit = 200
  /// How far the matched KL may be off, relative to the target.
  public var tolerance = 0.02
  /// Scales tried at most.
  public var trials = 16

  /// Makes the defaults.
  public init() {}

  /// A scale and the divergence it makes.
  struct Match: Equatable {
    /// The standard deviation of the noise, as a share of the root mean square of each tensor.
    var scale: Double
    /// The mean KL(before‖after) in nats.
    var divergence: Double
  }

  /// The model with noise on every tensor: w + scale · rms(w) · ε, ε standard normal, drawn by seed, `id` and the tensor's
  /// name.
  func model(_ base: Model, scale: Double, id: String) throws(HoldfastError) -> Model {
    let runtime = Runtime.shared
    let parameters = try Parameters(copying: base)
    for (name, tensor) in zip(parameters.names, parameters.tensors) where tensor.count > 0 {
      let size = (runtime.sumOfSquares(tensor) / Double(tensor.count)).squareRoot()
      runtime.addNormal(
        tensor, scale: scale * size, random: RandomSource(seed: seed, id: "\(id) \(name.text)"))
    }
    return base.with(parameters)
  }

  /// The scale whose divergence is nearest to the target: secant steps on logarithms, kept between what is known to be too
  /// little and too much.
  ///
  /// - Parameter divergence: the mean KL that a scale makes.
  func match(
    _ target: Double, _ divergence: (Double) throws(HoldfastError) -> Double
  ) throws(HoldfastError) -> Match {
    guard target > 1e-9 else { return Match(scale: 0, divergence: 0) }
    var (below, above): (Match?, Match?)
    var best: Match?
    // A few percent of noise change answers by tenths of a nat; divergences grow about with the square.
    var scale = 0.05
    for _ in 0..<max(trials, 1) {
      let found = Match(scale: scale, divergence: try divergence(scale))
      let miss = { (match: Match) in abs(log(max(match.divergence, 1e-12) / target)) }
      if best.map({ miss(found) < miss($0) }) ?? true { best = found }
      if abs(found.divergence - target) <= tolerance * target { break }
      if found.divergence < target { below = found } else { above = found }
      scale = Self.next(below, above, target: target)
    }
    return best ?? Match(scale: 0, divergence: 0)
  }

  /// Where to look next.
  private static func next(_ below: Match?, _ above: Match?, target: Double) -> Double {
    guard let below, let above else {
      let known = below ?? above ?? Match(scale: 1, divergence: target)
      let factor = (target / max(known.divergence, 1e-12)).squareRoot()
      return known.scale * min(max(factor, 1.0 / 8), 8)
    }
    let (low, high) = (log(below.scale), log(above.scale))
    let rise = log(above.divergence / max(below.divergence, 1e-12))
    let share = rise > 0 ? log(target / max(below.divergence, 1e-12)) / rise : 0.5
    return exp(low + (high - low) * min(max(share, 0.1), 0.9))
  }

  /// All settings.
  public var json: JSON {
    [
      "seed": .text(String(seed)), "limit": .int(limit), "tolerance": .number(tolerance),
      "trials": .int(trials),
    ]
  }

  /// Reads options; what is not there keeps its default.
  init(_ node: JSONNode) throws(HoldfastError) {
    for (key, value) in try node.members() {
      switch key {
      case "seed": seed = try value.seed()
      case "limit": limit = try value.int(in: 1...Int(Int32.max))
      case "tolerance":
        tolerance = try value.double()
        guard tolerance > 0, tolerance < 1 else { throw value.wrong("must lie between 0 and 1") }
      case "trials": trials = try value.int(in: 1...1000)
      default: throw value.unknown(key)
      }
    }
  }
}
