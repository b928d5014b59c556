import HoldfastStorage
import HoldfastTensor
import Synchronization

/// The matrices of a set of weights packed for products, each made on first use and shared by every overlay.
final class PackedWeights: Sendable {
  private struct Key: Hashable {
    let name: ByteString
    let rows: Range<Int>
  }

  private let matrices = Mutex<[Key: PackedMatrix]>([:])

  /// The packed rows of a weight; `numerical` names the first value that is not finite.
  func matrix(_ weight: WeightTensor, rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError)
    -> PackedMatrix
  {
    let key = Key(name: weight.name, rows: rows)
    if let made = matrices.withLock({ $0[key] }) { return made }
    let damage = Damage()
    let matrix = try PackedMatrix(outputs: rows.count, inputs: weight.columns, runtime: runtime) {
      part, destination in
      weight.dequantize(
        rows: (rows.lowerBound + part.lowerBound)..<(rows.lowerBound + part.upperBound), into: destination)
      guard let start = destination.baseAddress else { return }
      let block = Tensor(wrapping: start, shape: [destination.count], owner: damage)
      if let index = runtime.firstNonFinite(block) {
        damage.record((rows.lowerBound + part.lowerBound) * weight.columns + index)
      }
    }
    if let index = damage.first { throw weight.nonFinite(at: index) }
    return matrices.withLock { made in
      if let first = made[key] { return first }
      made[key] = matrix
      return matrix
    }
  }
}
