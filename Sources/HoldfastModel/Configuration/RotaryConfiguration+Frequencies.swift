import Glibc

extension RotaryConfiguration {
  /// The inverse frequencies [R/2] for a variant, rounded to float32 where transformers rounds.
  func frequencies(variant: Int) -> [Float] {
    switch scaling {
    case .none: return plain(Float(theta))
    case .linear(let factor): return plain(Float(theta)).map { $0 / Float(factor) }
    case .dynamic(let factor): return dynamic(Float(factor), length: variant)
    case .llama3(let factor, let low, let high, let original):
      return llama3(Float(factor), Float(low), Float(high), Float(original))
    case .yarn(let factor, _, let fast, let slow, let original, let truncate):
      return yarn(Float(factor), fast, slow, original, truncate)
    case .longRoPE(let short, let long, _, _):
      return zip(powers(Float(theta)), variant == 1 ? long : short).map { 1 / ($1 * $0) }
    }
  }

  /// base^(2j/R).
  private func powers(_ base: Float) -> [Float] {
    (0..<(width / 2)).map { powf(base, Float(2 * $0) / Float(width)) }
  }

  private func plain(_ base: Float) -> [Float] { powers(base).map { 1 / $0 } }

  private func dynamic(_ factor: Float, length: Int) -> [Float] {
    guard length > contextLength else { return plain(Float(theta)) }
    let growth = factor * Float(length) / Float(contextLength) - (factor - 1)
    return plain(Float(theta) * powf(growth, Float(Double(width) / Double(width - 2))))
  }

  private func llama3(_ factor: Float, _ low: Float, _ high: Float, _ original: Float) -> [Float] {
    plain(Float(theta)).map { frequency in
      let wavelength = 2 * Float.pi / frequency
      if wavelength < original / high { return frequency }
      if wavelength > original / low { return frequency / factor }
      let smooth = (original / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  private func yarn(
    _ factor: Float, _ fast: Double, _ slow: Double, _ original: Int, _ truncate: Bool
  ) -> [Float] {
    /// The pair that turns `rotations` times within the original context.
    func pair(_ rotations: Double) -> Double {
      Double(width) * log(Double(original) / (rotations * 2 * .pi)) / (2 * log(theta))
    }
    var low = pair(fast)
    var high = pair(slow)
    if truncate {
      low = low.rounded(.down)
      high = high.rounded(.up)
    }
    low = max(low, 0)
    high = min(high, Double(width - 1))
    if low == high { high += 0.001 }
    return powers(Float(theta)).enumerated().map { j, power in
      let ramp = min(max((Float(j) - Float(low)) / Float(high - low), 0), 1)
      let keep = 1 - ramp
      return 1 / (factor * power) * (1 - keep) + 1 / power * keep
    }
  }
}
