import HoldfastStorage
import HoldfastTensor

/// How AdamW's moments are held.
public enum MomentPrecision: String, Sendable, CaseIterable {
  /// Four bytes each, as PyTorch does.
  case float32
  /// Two bytes each, rounded at random so that their means are kept.
  case bfloat16

  /// The bytes of one moment.
  var bytes: Int { self == .float32 ? 4 : 2 }
}

/// One moment of one parameter.
enum Moment {
  case float32(Tensor)
  case bfloat16(BFloat16Tensor)

  /// A moment of zeros.
  init(zeros shape: [Int], _ precision: MomentPrecision) throws(HoldfastError) {
    switch precision {
    case .float32: self = .float32(try Tensor(zeros: shape))
    case .bfloat16: self = .bfloat16(try BFloat16Tensor(zeros: shape))
    }
  }

  var shape: [Int] {
    switch self {
    case .float32(let tensor): tensor.shape
    case .bfloat16(let tensor): tensor.shape
    }
  }

  /// The type of its dataset.
  var type: HDF5Type {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }

  /// Rows that are converted at once.
  private static let pieceElements = 1 << 20

  /// Writes the moment to a dataset of its shape.
  func write(to dataset: HDF5Dataset) throws(HoldfastError) {
    switch self {
    case .float32(let tensor):
      try dataset.writeRows(
        0..<dataset.rowCount, from: UnsafeBufferPointer(start: tensor.pointer, count: tensor.count))
    case .bfloat16(let tensor):
      try forEachPiece(dataset, tensor) { rows, range, buffer throws(HoldfastError) in
        tensor.read(range, into: buffer)
        try dataset.writeRows(rows, from: UnsafeBufferPointer(buffer))
      }
    }
  }

  /// Takes the moment from a dataset of its shape.
  func read(from dataset: HDF5Dataset) throws(HoldfastError) {
    switch self {
    case .float32(let tensor):
      try dataset.readRows(
        0..<dataset.rowCount, into: UnsafeMutableBufferPointer(start: tensor.pointer, count: tensor.count))
    case .bfloat16(let tensor):
      try forEachPiece(dataset, tensor) { rows, range, buffer throws(HoldfastError) in
        try dataset.readRows(rows, into: buffer)
        tensor.write(range, from: UnsafeBufferPointer(buffer))
      }
    }
  }

  /// Goes through the rows of a dataset, some at a time, with float32 room for them.
  private func forEachPiece(
    _ dataset: HDF5Dataset, _ tensor: BFloat16Tensor,
    _ body: (Range<Int>, Range<Int>, UnsafeMutableBufferPointer<Float>) throws(HoldfastError) -> Void
  ) throws(HoldfastError) {
    let rows = dataset.rowCount
    let width = rows > 0 ? tensor.count / rows : 0
    let step = max(1, Self.pieceElements / max(width, 1))
    let room = try Tensor(uninitialized: [min(step, max(rows, 1)) * width])
    for first in stride(from: 0, to: rows, by: step) {
      let piece = first..<min(first + step, rows)
      try body(
        piece, piece.lowerBound * width..<piece.upperBound * width,
        UnsafeMutableBufferPointer(start: room.pointer, count: piece.count * width))
    }
  }
}
