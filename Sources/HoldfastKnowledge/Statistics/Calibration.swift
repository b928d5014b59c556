extension Statistics {
  /// How well confidences match the share of right answers.
  public struct Calibration: Sendable, Equatable {
    /// Expected calibration error over 10 bins of equal width, 0 … 1.
    public var expectedError: Double
    /// Expected calibration error over 10 bins of equal mass, 0 … 1.
    public var expectedErrorEqualMass: Double
    /// Root mean square calibration error over the bins of equal width, 0 … 1.
    public var rootMeanSquareError: Double
    /// The mean over items of the Brier score, 0 … 2: squared distance of the choice probabilities from the gold
    /// answer.
    public var brier: Double
  }

  /// Calibration of the top choice: its confidence, whether it was right, and each item's whole Brier score.
  public static func calibration(confidence: [Double], correct: [Bool], brier: [Double]) -> Calibration {
    let bins = 10
    var equalWidth = [[Int]](repeating: [], count: bins)
    for (index, value) in confidence.enumerated() {
      equalWidth[min(Int(min(max(value, 0), 1) * Double(bins)), bins - 1)].append(index)
    }
    let order = confidence.indices.sorted { confidence[$0] < confidence[$1] }
    let equalMass = (0..<bins).map { bin in
      Array(order[(order.count * bin / bins)..<(order.count * (bin + 1) / bins)])
    }
    let wide = gaps(equalWidth, confidence, correct)
    let massive = gaps(equalMass, confidence, correct)
    return Calibration(
      expectedError: wide.reduce(0) { $0 + $1.share * $1.gap },
      expectedErrorEqualMass: massive.reduce(0) { $0 + $1.share * $1.gap },
      rootMeanSquareError: wide.reduce(0) { $0 + $1.share * $1.gap * $1.gap }.squareRoot(),
      brier: mean(brier))
  }

  /// Each non-empty bin's share of the items and the distance of its mean confidence from its accuracy.
  private static func gaps(
    _ bins: [[Int]], _ confidence: [Double], _ correct: [Bool]
  ) -> [(share: Double, gap: Double)] {
    bins.filter { !$0.isEmpty }.map { bin in
      let size = Double(bin.count)
      let meanConfidence = bin.reduce(0) { $0 + confidence[$1] } / size
      let accuracy = bin.reduce(0) { $0 + (correct[$1] ? 1 : 0) } / size
      return (size / Double(confidence.count), abs(meanConfidence - accuracy))
    }
  }
}
