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
  private let checked = Mutex<Set<Key>>([])

  /// How many are packed so far.
  var count: Int { matrices.withLock { $0.count } }

  /// The packed rows of a weight; `numerical` names the first value that is not finite.
  func matrix(_ weight: WeightTensor, rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError)
    -> PackedMatrix
  {
    let key = Key(name: weight.name, rows: rows)
    if let made = matrices.withLock({ $0[key] }) { return made }
    let matrix =
      if let compact = try compact(weight, rows, runtime) { compact } else {
        try plain(weight, rows, runtime)
      }
    return matrices.withLock { made in
      if let first = made[key] { return first }
      made[key] = matrix
      return matrix
    }
  }

  /// Rows as float32.
  private func plain(_ weight: WeightTensor, _ rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError)
    -> PackedMatrix
  {
    let damage = Damage()
    let matrix = try PackedMatrix(outputs: rows.count, inputs: weight.columns, runtime: runtime) {
      part, destination in
      weight.dequantize(rows: part.shifted(by: rows.lowerBound), into: destination)
      Self.inspect(destination, of: weight, from: rows.lowerBound + part.lowerBound, damage, runtime)
    }
    if let index = damage.first { throw weight.nonFinite(at: index) }
    return matrix
  }

  /// Rows in the few bits they are stored with; `nil` when they have no such form, or a number among them is not finite.
  private func compact(_ weight: WeightTensor, _ rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError)
    -> PackedMatrix?
  {
    guard runtime.takesCompactMatrices, let form = weight.compactForm else { return nil }
    let damage = Damage()
    let matrix = try PackedMatrix(outputs: rows.count, inputs: weight.columns, form: form, runtime: runtime) {
      row, parts in
      if !weight.decode(row: rows.lowerBound + row, into: parts, form) { damage.record(row) }
    }
    return damage.first == nil ? matrix : nil
  }

  /// Looks once through rows that are left where they are; `numerical` names the first value that is not finite.
  func check(_ weight: WeightTensor, rows: Range<Int>, _ runtime: Runtime) throws(HoldfastError) {
    let key = Key(name: weight.name, rows: rows)
    guard !checked.withLock({ $0.contains(key) }) else { return }
    let damage = Damage()
    let height = max(1, 16384 / weight.columns)
    runtime.parallel((rows.count + height - 1) / height) { pieces in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: height * weight.columns) { room in
        for piece in pieces {
          let part = piece * height..<min((piece + 1) * height, rows.count)
          let block = UnsafeMutableBufferPointer(rebasing: room[..<(part.count * weight.columns)])
          weight.dequantize(rows: part.shifted(by: rows.lowerBound), into: block)
          Self.inspect(block, of: weight, from: rows.lowerBound + part.lowerBound, damage, runtime)
        }
      }
    }
    if let index = damage.first { throw weight.nonFinite(at: index) }
    checked.withLock { _ = $0.insert(key) }
  }

  /// Records the first value of a block of rows that is not finite.
  private static func inspect(
    _ block: UnsafeMutableBufferPointer<Float>, of weight: WeightTensor, from row: Int, _ damage: Damage,
    _ runtime: Runtime
  ) {
    guard let start = block.baseAddress else { return }
    let values = Tensor(wrapping: start, shape: [block.count], owner: damage)
    if let index = runtime.firstNonFinite(values) { damage.record(row * weight.columns + index) }
  }
}
