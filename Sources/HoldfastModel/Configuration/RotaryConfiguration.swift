import Glibc
import HoldfastTensor

/// A rotary position embedding: by which angle pair j of a head turns at a position.
///
/// Source: Su et al., arXiv 2104.09864; the scalings as transformers `modeling_rope_utils.py` computes them.
public struct RotaryConfiguration: Sendable, Equatable {
  /// How the angles are stretched for texts longer than those the model was first trained on.
  public enum Scaling: Sendable, Equatable {
    /// Not at all.
    case none
    /// Positions divided by a factor (arXiv 2306.15595).
    case linear(factor: Double)
    /// The base grows with the text once it is longer than the model's context (NTK-aware scaling).
    case dynamic(factor: Double)
    /// Long wavelengths divided by a factor, short ones left, those between interpolated (Llama 3.1).
    case llama3(factor: Double, low: Double, high: Double, original: Int)
    /// Wavelengths interpolated by how often they turn within the original context (arXiv 2309.00071).
    case yarn(factor: Double, attention: Double, fast: Double, slow: Double, original: Int, truncate: Bool)
    /// A factor for each wavelength, one set for short texts and one for long ones (arXiv 2402.13753).
    case longRoPE(short: [Float], long: [Float], attention: Double, original: Int)
  }

  /// The base of the wavelengths.
  public var theta: Double
  /// R, how many elements of a head turn; even, at most E.
  public var width: Int
  /// The context length that `dynamic` starts from.
  public var contextLength: Int
  /// The scaling.
  public var scaling: Scaling

  /// Which set of frequencies a text of that length takes: texts with the same one may share keys.
  func variant(textLength: Int) -> Int {
    switch scaling {
    case .dynamic: max(textLength, contextLength)
    case .longRoPE(let short, let long, _, let original): textLength > original && short != long ? 1 : 0
    default: 0
    }
  }

  /// Whether all texts have the same frequencies.
  var isStatic: Bool {
    switch scaling {
    case .dynamic: false
    case .longRoPE(let short, let long, _, _): short == long
    default: true
    }
  }

  /// By how much texts may exceed the context length.
  var stretch: Double? { if case .dynamic(let factor) = scaling { factor } else { nil } }

  /// What cosines and sines are multiplied with.
  var attentionFactor: Float {
    switch scaling {
    case .yarn(_, let attention, _, _, _, _), .longRoPE(_, _, let attention, _): Float(attention)
    default: 1
    }
  }

  static func yarnAttention(_ factor: Double, _ mscale: Double?, _ all: Double?) -> Double {
    func scale(_ m: Double) -> Double { factor <= 1 ? 1 : 0.1 * m * log(factor) + 1 }
    guard let mscale, let all, mscale != 0, all != 0 else { return scale(1) }
    return scale(mscale) / scale(all)
  }

  static func longAttention(_ factor: Double, original: Int) -> Double {
    factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
  }

  /// Throws unless the numbers make sense for heads of that width.
  func validate(headWidth: Int, source: String) throws(HoldfastError) {
    func fail(_ what: String) -> HoldfastError { HoldfastError(.corruptData, "\(source): \(what)") }
    guard width > 0, width <= headWidth, width % 2 == 0 else {
      throw fail("\(width) of a head's \(headWidth) elements cannot be turned in pairs")
    }
    guard theta.isFinite, theta > 0 else { throw fail("the rotary base is \(theta)") }
    var numbers: [Double] = []
    switch scaling {
    case .none: break
    case .linear(let factor): numbers = [factor]
    case .dynamic(let factor):
      guard width > 2 else { throw fail("dynamic rotary scaling needs more than one pair") }
      guard factor <= 1024 else { throw fail("a rotary scaling factor of \(factor) makes no sense") }
      numbers = [factor]
    case .llama3(let factor, let low, let high, _):
      guard high > low else { throw fail("the rotary high_freq_factor is not above the low_freq_factor") }
      numbers = [factor, low, high]
    case .yarn(let factor, let attention, let fast, let slow, _, _):
      numbers = [factor, attention, fast, slow]
    case .longRoPE(let short, let long, let attention, _):
      guard short.count == width / 2, long.count == width / 2 else {
        throw fail("\(short.count) and \(long.count) rotary factors do not fit \(width / 2) pairs")
      }
      numbers = (short + long).map(Double.init) + [attention]
    }
    for number in numbers where !(number.isFinite && number > 0) {
      throw fail("a rotary scaling with \(number) makes no sense")
    }
  }
}
