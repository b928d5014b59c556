import HoldfastStorage
import HoldfastTensor

/// One immutable tensor of a model in the engine's own row order, read from a mapped file as float32 on demand.
struct WeightTensor: Sendable {
  /// How the file orders the rows.
  enum RowOrder: Sendable {
    /// As the engine does.
    case natural
    /// Each head's rows interleaved, as GGUF keeps the queries and keys of rotary models: the engine's row
    /// `h·E + half·E/2 + j` is the file's row `h·E + 2j + half`.
    case interleaved(headWidth: Int)
  }

  let name: ByteString
  /// Row-major; a vector has one axis.
  let shape: [Int]
  let stored: StoredTensor
  let order: RowOrder

  /// Rows of the last axis: the product of all other axes.
  var rows: Int { shape.count == 1 ? 1 : shape[0] }
  /// Elements of a row.
  var columns: Int { shape[shape.count - 1] }

  /// Writes `range` of rows as float32 into `destination`, which holds `range.count · columns` elements.
  func dequantize(rows range: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>) {
    switch order {
    case .natural:
      stored.dequantize(rows: range, into: destination)
    case .interleaved(let width):
      for (i, row) in range.enumerated() {
        let (head, within) = row.quotientAndRemainder(dividingBy: width)
        let (half, j) = within.quotientAndRemainder(dividingBy: width / 2)
        let source = head * width + 2 * j + half
        stored.dequantize(
          rows: source..<(source + 1),
          into: UnsafeMutableBufferPointer(rebasing: destination[(i * columns)..<((i + 1) * columns)]))
      }
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
