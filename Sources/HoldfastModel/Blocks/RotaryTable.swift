import Glibc
import HoldfastTensor

/// Cosines and sines of the rotary embedding, grown to the positions in use.
///
/// Angles follow Hugging Face: `inverse frequency` and `position · inverse frequency` are rounded to float32.
final class RotaryTable {
  private let headWidth: Int
  private let theta: Double
  private var cosines: Tensor
  private var sines: Tensor
  private var positions = 0

  init(headWidth: Int, theta: Double) throws(HoldfastError) {
    self.headWidth = headWidth
    self.theta = theta
    cosines = try Tensor(zeros: [1, headWidth / 2])
    sines = cosines
  }

  /// The table with at least `count` positions, bound to the positions of a batch's rows.
  func slice(_ rows: [Int32], count: Int) throws(HoldfastError) -> Slice {
    if count > positions { try grow(max(count, 2 * positions)) }
    return Slice(positions: rows, cosines: cosines, sines: sines)
  }

  private func grow(_ count: Int) throws(HoldfastError) {
    let half = headWidth / 2
    let inverse = (0..<half).map { j in
      1 / powf(Float(theta), Float(2 * j) / Float(headWidth))
    }
    var cos: [Float] = []
    var sin: [Float] = []
    cos.reserveCapacity(count * half)
    sin.reserveCapacity(count * half)
    for position in 0..<count {
      for frequency in inverse {
        let angle = Double(Float(position) * frequency)
        cos.append(Float(Glibc.cos(angle)))
        sin.append(Float(Glibc.sin(angle)))
      }
    }
    cosines = try Tensor(cos, shape: [count, half])
    sines = try Tensor(sin, shape: [count, half])
    positions = count
  }

  /// The table for the rows of one batch.
  struct Slice {
    let positions: [Int32]
    let cosines: Tensor
    let sines: Tensor

    /// Rotates x [T, heads·E] in place, or back.
    func rotate(_ x: Tensor, heads: Int, inverse: Bool, _ runtime: Runtime) {
      runtime.rotate(x, positions: positions, cosines: cosines, sines: sines, heads: heads, inverse: inverse)
    }
  }
}
