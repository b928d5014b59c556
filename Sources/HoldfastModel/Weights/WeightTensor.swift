import HoldfastStorage
import HoldfastTensor

/// One immutable tensor of a model, read from a mapped file as float32 in the engine's layout on demand.
struct WeightTensor: Sendable {
  let name: ByteString
  /// Row-major, in the engine's layout; a vector has one axis.
  let shape: [Int]
  let stored: StoredTensor
  let layout: TensorLayout
  let headWidth: Int
  let heads: Int

  /// Rows of the last axis: the product of all other axes.
  var rows: Int { shape.count == 1 ? 1 : shape[0] }
  /// Elements of a row.
  var columns: Int { shape[shape.count - 1] }

  /// Writes `range` of rows as float32 into `destination`, which holds `range.count · columns` elements.
  func dequantize(rows range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    switch layout {
    case .natural: stored.dequantize(rows: range, into: destination)
    case .plusOne:
      stored.dequantize(rows: range, into: destination)
      for i in destination.indices { destination[i] -= 1 }
    case .transposed:
      if shape.count == 1 { return stored.dequantize(rows: range, into: destination) }
      stored.dequantize(columns: range, into: destination)
    case .interleavedPairs, .headwise:
      shape.count == 1 ? permute(into: destination) : gather(range, into: destination)
    }
  }

  /// How rows can be packed in the few bits they are stored with, where the layout leaves rows whole.
  var compactForm: CompactForm? {
    guard shape.count == 2 else { return nil }
    switch layout {
    case .natural, .interleavedPairs, .headwise: return stored.compactForm
    case .plusOne, .transposed: return nil
    }
  }

  /// Takes one row apart; false when a number in it is not finite.
  func decode(row: Int, into parts: CompactRow, _ form: CompactForm) -> Bool {
    let source = layout == .natural ? row : layout.source(row, headWidth: headWidth, heads: heads)
    stored.decode(row: source, into: parts)
    return parts.isFinite(inputs: columns, form)
  }

  private func gather(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    for (i, row) in range.enumerated() {
      let source = layout.source(row, headWidth: headWidth, heads: heads)
      stored.dequantize(
        rows: source..<(source + 1),
        into: UnsafeMutableBufferPointer(rebasing: destination[(i * columns)..<((i + 1) * columns)]))
    }
  }

  private func permute(into destination: UnsafeMutableBufferPointer<Float>) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { file in
      stored.dequantize(rows: 0..<1, into: file)
      for i in 0..<columns { destination[i] = file[layout.source(i, headWidth: headWidth, heads: heads)] }
    }
  }

  /// Rows as an operand of products that is never held in float32 as a whole.
  func source(rows: Range<Int>) -> MatrixSource {
    MatrixSource(outputs: rows.count, inputs: columns) { part, destination in
      dequantize(rows: part.shifted(by: rows.lowerBound), into: destination)
    }
  }

  /// The whole tensor as float32; `numerical`, naming the element, if a value is not finite.
  func materialized(_ runtime: Runtime) throws(HoldfastError) -> Tensor {
    let tensor = try Tensor(uninitialized: shape)
    let destination = UnsafeMutableBufferPointer(start: tensor.pointer, count: tensor.count)
    nonisolated(unsafe) let shared = destination
    let columns = columns
    runtime.parallel(rows, grain: max(1, 65536 / columns)) { range in
      dequantize(
        rows: range,
        into: UnsafeMutableBufferPointer(
          rebasing: shared[(range.lowerBound * columns)..<(range.upperBound * columns)]))
    }
    if let index = runtime.firstNonFinite(tensor) { throw nonFinite(at: index) }
    return tensor
  }

  /// The error for a value that is NaN or infinite.
  func nonFinite(at index: Int) -> HoldfastError {
    HoldfastError(
      .numerical,
      "\(stored.file.path): tensor '\(name.text)' holds a NaN or an infinity at row \(index / columns), column "
        + "\(index % columns); the file is damaged or the model diverged when it was made")
  }
}

extension Range<Int> {
  /// The same length, `offset` further on.
  func shifted(by offset: Int) -> Range<Int> { (lowerBound + offset)..<(upperBound + offset) }
}
