/// Operands of one shape cut into rows, along each of which every operand advances by one step.
///
/// Axes that every operand runs through without a jump are one axis here, so that contiguous operands are one long row.
struct StridedRows: Sendable {
  /// The elements of a row.
  let length: Int
  /// The number of rows.
  let count: Int
  /// From one element of a row to the next, by operand, in elements.
  let steps: [Int]
  private let extents: [Int]
  private let strides: [[Int]]

  /// Cuts operands of a shape, given the strides of each.
  init(_ shape: [Int], _ operands: [[Int]]) {
    var extents: [Int] = []
    var strides: [[Int]] = []
    for axis in shape.indices where shape[axis] != 1 {
      let step = operands.map { $0[axis] }
      if let last = strides.last, let extent = extents.last,
        zip(last, step).allSatisfy({ $0 == $1 * shape[axis] })
      {
        extents[extents.count - 1] = extent * shape[axis]
        strides[strides.count - 1] = step
      } else {
        extents.append(shape[axis])
        strides.append(step)
      }
    }
    length = extents.popLast() ?? 1
    steps = strides.popLast() ?? operands.map { _ in 0 }
    count = extents.reduce(1, *)
    self.extents = extents
    self.strides = strides
  }

  /// Where a row begins in every operand.
  func offsets(_ row: Int, into offsets: inout [Int]) {
    for operand in offsets.indices { offsets[operand] = 0 }
    var rest = row
    for axis in extents.indices.reversed() {
      let index = rest % extents[axis]
      rest /= extents[axis]
      for operand in offsets.indices { offsets[operand] += index * strides[axis][operand] }
    }
  }
}

extension Runtime {
  /// Calls `body` with the offsets of all operands and a number of elements, for pieces that cover all rows.
  func forEachPiece(_ rows: StridedRows, _ body: @Sendable ([Int], Int) -> Void) {
    let piece = 16_384
    guard rows.length > 0, rows.count > 0 else { return }
    let pieces = (rows.length + piece - 1) / piece
    parallel(rows.count * pieces, grain: Swift.max(1, piece / rows.length)) { range in
      var offsets = [Int](repeating: 0, count: rows.steps.count)
      for index in range {
        let start = index % pieces * piece
        rows.offsets(index / pieces, into: &offsets)
        if start > 0 {
          for operand in offsets.indices { offsets[operand] += start * rows.steps[operand] }
        }
        body(offsets, Swift.min(piece, rows.length - start))
      }
    }
  }
}

/// Memory of any type that threads read, or write different parts of.
struct SharedBytes: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
}
